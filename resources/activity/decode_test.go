package activity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

func collect(t *testing.T, s *Store) (list []clari.Activity) {
	t.Helper()
	for a, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, *a)
	}
	return list
}

func ids(t *testing.T, s *Store) (list []string) {
	t.Helper()
	for _, a := range collect(t, s) {
		list = append(list, a.ID)
	}
	return list
}

func anyOpportunity(string) {}

func TestDecode(t *testing.T) {
	for body, want := range map[string][]string{
		`{"activities":[]}`: nil, `{"activities":null,"next":5}`: nil, `[]`: nil,
		`{"activities":[{"activityId":"a","subject":"\ud83d"},{"activityId":2}]}`:   {"a", "2"},
		"\uFEFF [{\"activityId\":\"a\",\"x\":\"\xff\",\"x\":1}]\n":                  {"a"},
		`{"meta":{"a":[1]},"activities":[{"activityId":"a"}],"count":1}`:            {"a"},
		`{"activities":[{"activityId":"a"},{"activityId":"b"},{"activityId":"a"}]}`: {"a", "b"},
	} {
		for name, in := range map[string]io.Reader{"whole": strings.NewReader(body), "byte by byte": iotest.OneByteReader(strings.NewReader(body))} {
			var s Store
			if err := Decode(t.Context(), in, &s); err != nil || !slices.Equal(ids(t, &s), want) {
				t.Errorf("%s, %s: %v, %v", body, name, ids(t, &s), err)
			}
		}
	}
}

// TestDecodeRefuses: what is wrong with a result is told without the result itself.
func TestDecodeRefuses(t *testing.T) {
	for body, want := range map[string]string{
		`{"activities":[{"activityId":"a"},{"subject":"secret"}]}`: "check: result: activity 2, which ends at byte 54: no activityId in it",
		`{"activities":[5]}`:             "check: result: activity 1, which ends at byte 16: ",
		`{"activities":{"a":1}}`:         "check: result: activities is not a list",
		`{"rows":[1],"secret":"secret"}`: `check: result: no activities in it; its keys: ["rows" "secret"]`,
		`{}`:                             "check: result: no activities in it; its keys: []",
		`"secret"`:                       "check: result: neither an object with activities nor a list",
		`{"activities":[]} {}`:           "check: result: something follows its end, at byte ",
		`{"activities":[{"activityId":"a",,"s":"secret"}]}`: "check: result: no JSON near byte ",
		`<html>secret`: "check: result: no JSON near byte 0",
		`{"activities":[{"activityId":"a","x":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}]}`: "check: result: near byte 15: values nest deeper than 1000",
		`{"secret":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}`:                              "check: result: near byte 1010: values nest deeper than 1000",
	} {
		var s Store
		err := Decode(t.Context(), strings.NewReader(body), &s)
		if _, ours := errors.AsType[*job.ContentError](err); !ours || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
		if err != nil && strings.Contains(strings.ReplaceAll(err.Error(), `"rows" "secret"`, ""), "secret") {
			t.Errorf("shows through: %v", err)
		}
	}
}

// TestDecodeCut: a result that ends early is downloaded again, wherever it ends, and an error of the download is that.
func TestDecodeCut(t *testing.T) {
	const body = `{"n":1,"activities":[{"activityId":"a","participants":[{"name":"N"}]},{"activityId":"b"}]}`
	for n := range len(body) {
		var s Store
		err := Decode(t.Context(), strings.NewReader(body[:n]), &s)
		if c, ours := errors.AsType[*job.ContentError](err); !ours || !c.Damaged {
			t.Errorf("after %d bytes: %v", n, err)
		}
		cut := &clari.CutError{Op: "get results", Err: io.ErrUnexpectedEOF}
		err = Decode(t.Context(), io.MultiReader(strings.NewReader(body[:n]), iotest.ErrReader(cut)), &s)
		if _, ours := errors.AsType[*job.ContentError](err); ours || !errors.Is(err, cut) {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
	broken := errors.New("reset")
	var s Store
	err := Decode(t.Context(), io.MultiReader(strings.NewReader(body[:40]), iotest.ErrReader(broken)), &s)
	if _, ours := errors.AsType[*job.ContentError](err); ours || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestStoreMerges(t *testing.T) {
	var s Store
	const body = `[{"activityId":"a","subject":"first","accounts":[{"accountId":"1","accountName":"A"}]},{"activityId":"b"},
		{"activityId":"a","subject":"second","date":1702906200,"opportunities":[{"opportunityId":"6"}],"accounts":[{"accountId":"2"},{"accountId":"1","accountName":"B","accountOwnerId":"5"}]}]`
	if err := Decode(t.Context(), strings.NewReader(body), &s); err != nil {
		t.Fatal(err)
	}
	list := collect(t, &s)
	first := list[0]
	if len(list) != 2 || first.Subject != "first" || first.At.Unix() != 1702906200 || len(first.Accounts) != 3 || len(first.Opportunities) != 1 {
		t.Errorf("%+v", list)
	}
	if !s.First.Equal(first.At) || !s.Last.Equal(first.At) {
		t.Errorf("from %s to %s", s.First, s.Last)
	}
	if err := s.Close(); err != nil || len(ids(t, &s)) != 0 {
		t.Errorf("not empty: %v", err)
	}
}

// rowsOf are the rows that were sent, by table, without the keys that CloudQuery makes; nulls are left out.
func rowsOf(t *testing.T, records []arrow.Record) map[string][]string {
	t.Helper()
	rows := map[string][]string{}
	for _, r := range records {
		name, _ := r.Schema().Metadata().GetValue("cq:table_name")
		for i := range int(r.NumRows()) {
			var line []string
			for c, column := range r.Columns() {
				if field := r.ColumnName(c); !column.IsNull(i) && field != "_cq_id" {
					line = append(line, field+"="+column.ValueStr(i))
				}
			}
			rows[name] = append(rows[name], strings.Join(line, " "))
		}
	}
	return rows
}

func TestEmit(t *testing.T) {
	const body = `[{"activityId":"a","activityType":"MEETING","subject":"","date":"1702906200123","activityOwnerId":"005A","mood":1,
		"accounts":[{"accountId":"1","accountName":"A"},{"accountId":"1","accountOwnerId":"005B"}],
		"opportunities":[{"opportunityId":"6","opportunityName":"Deal"}],
		"participants":[{"name":"Ada","email":"Ada@X.example"},{"email":"ada@x.example","isInternal":false},{"sfdcUserId":"005C","name":"C"},{"name":"Only A Name"}]}]`
	var s Store
	if err := Decode(t.Context(), strings.NewReader(body), &s); err != nil {
		t.Fatal(err)
	}
	var records []arrow.Record
	var about []string
	send := func(_ context.Context, r arrow.Record) error { records = append(records, r); return nil }
	all := func(string) bool { return true }
	origin := Origin{JobID: "j1", ExportedAt: table.Micros(time.Unix(1702990000, 0))}
	counts, err := NewTables(all, table.Options{}, send).Emit(t.Context(), origin, &s, always, func(id string) { about = append(about, id) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(about, []string{"6"}) {
		t.Errorf("about %v", about)
	}
	n := func(n int64) table.Opt[int64] { return table.Some(n) }
	if diff := cmp.Diff(Counts{n(1), n(1), n(1), n(3)}, counts); diff != "" {
		t.Error(diff)
	}
	var parent string
	for _, r := range records {
		if name, _ := r.Schema().Metadata().GetValue("cq:table_name"); name == ActivitiesTable {
			parent = "_cq_parent_id=" + r.Column(0).ValueStr(0)
		}
	}
	want := map[string][]string{
		ActivitiesTable:    {"job_id=j1 exported_at=2023-12-19 12:46:40Z activity_id=a activity_type=MEETING occurred_at=2023-12-18 13:30:00.123Z owner_crm_user_id=005A extra={\"mood\":1}"},
		AccountsTable:      {parent + " activity_id=a account_id=1 account_name=A owner_crm_user_id=005B"},
		OpportunitiesTable: {parent + " activity_id=a opportunity_id=6 opportunity_name=Deal"},
		ParticipantsTable: {
			parent + " activity_id=a participant_id=ada@x.example name=Ada email=Ada@X.example is_internal=false",
			parent + " activity_id=a participant_id=005C name=C crm_user_id=005C", parent + " activity_id=a participant_id=Only A Name name=Only A Name",
		},
	}
	if diff := cmp.Diff(want, rowsOf(t, records)); diff != "" {
		t.Error(diff)
	}
	records = nil
	only := func(name string) bool { return name == ActivitiesTable }
	if counts, err = NewTables(only, table.Options{}, send).Emit(t.Context(), origin, &s, always, anyOpportunity); err != nil || counts.Participants.Valid || len(records) != 1 {
		t.Errorf("%+v, %v", counts, err)
	}
	if err := NewTables(all, table.Options{}, send).Export(t.Context(), &Export{ExportID: "j1", Outcome: "exported", Rows: Counts{Activities: n(1)}}); err != nil {
		t.Error(err)
	}
	if got := rowsOf(t, records)[ExportsTable]; !slices.Equal(got, []string{"export_id=j1 outcome=exported activities=1"}) {
		t.Error(got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"activities":[{"activityId":"a","date":"1702906200000","participants":[{"email":"A@b"},{"email":"a@B"}]},{"activityId":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Store
		if err := Decode(t.Context(), strings.NewReader(string(data)), &s); err != nil {
			return
		}
		seen := map[string]bool{}
		send := func(_ context.Context, r arrow.Record) error {
			name, _ := r.Schema().Metadata().GetValue("cq:table_name")
			for i := range int(r.NumRows()) {
				key := fmt.Sprint(name, r.Column(0).ValueStr(i))
				if seen[key] {
					t.Errorf("key twice in %s: %s", name, data)
				}
				seen[key] = true
			}
			return nil
		}
		if _, err := NewTables(func(string) bool { return true }, table.Options{}, send).Emit(t.Context(), Origin{}, &s, always, anyOpportunity); err != nil {
			t.Error(err)
		}
	})
}

func always(time.Time) bool { return true }
