package sim_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// An export that Clari accepts, and answers with 504.
func Example() {
	s := sim.New(sim.Config{Faults: []sim.Fault{{Op: sim.Create, Do: sim.Answer(504).AfterProcessing()}}})
	defer s.Close()

	client := http.Client{Transport: s.Transport()}
	r, err := http.NewRequest("POST", s.MemoryURL()+"/export/forecast/forecast", strings.NewReader(`{"timePeriod":"2026_Q1"}`))
	if err != nil {
		panic(err)
	}
	r.Header.Set("apikey", s.Key())
	answer, err := client.Do(r)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	fmt.Println("the client sees", answer.Status)

	job, _ := s.Job(1)
	rows := job.Export.Count()
	fmt.Println("there is a job for", job.Got, "with", rows.Entries, "entries of", rows.Users, "people")
	// Output:
	// the client sees 504 Gateway Timeout
	// there is a job for 2026_Q1 with 27 entries of 9 people
}
