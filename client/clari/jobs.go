package clari

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire"
)

// Status is a job's status in Clari's words.
type Status string

// Phase is where in its life a job is.
type Phase int

const (
	PhaseUnknown Phase = iota // a status that we do not know; the job is best taken to be running
	PhaseQueued
	PhaseRunning
	PhaseDone   // the result can be read, until ExpiredTime
	PhaseFailed // no result will come
)

// Phase sorts the statuses of Clari's API reference (SCHEDULED, STARTED, DONE, FAILED, CANCELLED, ABORTED), and those that other
// descriptions of the API name.
func (s Status) Phase() Phase {
	switch strings.ToUpper(string(s)) {
	case "SCHEDULED", "QUEUED", "PENDING":
		return PhaseQueued
	case "STARTED", "RUNNING":
		return PhaseRunning
	case "DONE", "COMPLETED":
		return PhaseDone
	case "FAILED", "ABORTED", "CANCELLED":
		return PhaseFailed
	}
	return PhaseUnknown
}

func (p Phase) String() string {
	return [...]string{"unknown", "queued", "running", "done", "failed"}[p]
}

// Job is an export job. ID and Status are always there. Everything else is nil, empty or zero where Clari left it out, or sent what
// makes no sense there: that is in Extra then.
type Job struct {
	ID                                    string
	Status                                Status
	UserID, OrgID, Version, Downloads     *int64
	Title, Module, FileName               string
	FileType, Currency                    string
	StartTime, EndTime, ExpiredTime       time.Time // UTC; milliseconds in the API
	Viewed, CellsTruncated, RowsTruncated *bool
	DeliveryStatusMap                     json.RawMessage
	Extra                                 json.RawMessage // a JSON object of unknown keys, nil if there are none
}

// Job asks for the state of one job.
func (c *Client) Job(ctx context.Context, jobID string) (job Job, err error) {
	r := wire.Request{Op: "get job", Method: http.MethodGet}
	if r.Path, err = jobPath(jobID, ""); err != nil {
		return Job{}, fmt.Errorf("%s: %w", r.Op, err)
	}
	err = c.Call(ctx, r, maxAnswer, func(body []byte) error {
		if job, err = decodeJob(body); err == nil && job.ID != jobID {
			err = fmt.Errorf("it is about another job, %q", job.ID)
		}
		return err
	})
	return job, err
}

// Jobs lists the jobs that this key's user started, ended ones too. What is no job in the list is left out.
func (c *Client) Jobs(ctx context.Context) (jobs []Job, err error) {
	r := wire.Request{Op: "list jobs", Method: http.MethodGet, Path: "/export/jobs"}
	err = c.Call(ctx, r, maxJobList, func(body []byte) error {
		var odd int
		jobs, odd, err = decodeJobs(body)
		c.tellOdd(r.Op, odd)
		return err
	})
	return jobs, err
}

// CancelJob cancels a job that has not ended; ErrNotCancellable is one that has, also where a first, lost request has cancelled it.
func (c *Client) CancelJob(ctx context.Context, jobID string) (err error) {
	r := wire.Request{Op: "cancel job", Method: http.MethodPatch, Urgent: true, Body: []byte(`{"type":"CANCEL"}`)}
	if r.Path, err = jobPath(jobID, ""); err != nil {
		return fmt.Errorf("%s: %w", r.Op, err)
	}
	var done *bool
	var status string
	err = c.Call(ctx, r, maxAnswer, func(body []byte) error {
		if o, err := parseObject(body); err == nil { // the status alone is answer enough
			done, status = take(o, "successful", flag), take(o, "status", text)
		}
		return nil
	})
	if err == nil && done != nil && !*done {
		return c.NotCancellable(r.Op, status)
	}
	return err
}

// Results begins to download what a finished job exported. A job that has not finished, or whose result has expired (30 days), is
// ErrInvalidJob.
func (c *Client) Results(ctx context.Context, jobID string) (*Results, error) {
	r := wire.Request{Op: "get results", Method: http.MethodGet, Elsewhere: true}
	var err error
	if r.Path, err = jobPath(jobID, "/results"); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Op, err)
	}
	return c.Download(ctx, r)
}

func jobPath(jobID, suffix string) (string, error) {
	s, err := segment(jobID)
	return "/export/jobs/" + s + suffix, err
}

// decodeJob reads a job, bare (Clari's API reference) or as {"job": {...}} (observed in production pipelines).
func decodeJob(data []byte) (Job, error) {
	o, _, err := unwrap(data, "job", "jobId")
	if err != nil {
		return Job{}, err
	}
	j := Job{
		ID: take(o, "jobId", text), Status: Status(take(o, "status", text)),
		UserID: take(o, "userId", whole), OrgID: take(o, "orgId", whole),
		Version: take(o, "version", whole), Downloads: take(o, "downloads", whole),
		Title: take(o, "title", text), Module: take(o, "module", text), FileName: take(o, "fileName", text),
		FileType: take(o, "fileType", text), Currency: take(o, "currency", text),
		StartTime: take(o, "startTime", instant), EndTime: take(o, "endTime", instant), ExpiredTime: take(o, "expiredTime", instant),
		Viewed: take(o, "viewed", flag), CellsTruncated: take(o, "cellsTruncated", flag), RowsTruncated: take(o, "rowsTruncated", flag),
		DeliveryStatusMap: take(o, "deliveryStatusMap", compact),
	}
	if j.ID == "" || j.Status == "" {
		return Job{}, fmt.Errorf("no jobId or no status in it")
	}
	j.Extra = o.rest()
	return j, nil
}

// decodeJobs reads a list of jobs, bare or as {"jobs": [...]}, and counts what is no job. One odd item is no reason to lose sight of the others.
func decodeJobs(data []byte) (jobs []Job, odd int, err error) {
	if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("[")) {
		o, err := parseObject(data)
		if err != nil {
			return nil, 0, err
		}
		var ok bool
		if data, ok = o["jobs"]; !ok {
			return nil, 0, fmt.Errorf("neither a list nor an object with jobs")
		}
	}
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return nil, 0, err
	}
	jobs = make([]Job, 0, len(items))
	for _, item := range items {
		if j, err := decodeJob(item); err == nil {
			jobs = append(jobs, j)
		} else {
			odd++
		}
	}
	return jobs, odd, nil
}
