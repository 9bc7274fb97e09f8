package command

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/command"
	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// instead takes the stand-in for Clari itself.
type instead struct{ *sim.Server }

func (i instead) RoundTrip(r *http.Request) (*http.Response, error) {
	url, err := r.URL.Parse(i.MemoryURL())
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path = url.Scheme, url.Host, strings.Replace(r.URL.Path, "/v4", url.Path, 1)
	return i.Transport().RoundTrip(r)
}

// begins runs init with answers, and returns what it prints.
func begins(t *testing.T, transport *sim.Server, answers string, args ...string) (string, error) {
	t.Helper()
	env := command.Env{Files: specfile.Env{Lookup: func(string) (string, bool) { return "k3y-0123456789", true }, Stat: os.Stat}}
	if transport != nil {
		env.Options = plugin.Options{Transport: instead{transport}}
	}
	root := command.Root(env)
	var out bytes.Buffer
	root.SetIn(strings.NewReader(answers))
	root.SetOut(&out)
	root.SetErr(&bytes.Buffer{})
	root.SetArgs(append([]string{"init"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// TestInit: for each destination what init writes passes its own check, and asks Clari with the key.
func TestInit(t *testing.T) {
	for _, p := range destination.Profiles() {
		synctest.Test(t, func(t *testing.T) {
			s := sim.New(sim.Config{Key: "k3y-0123456789"})
			defer s.Close()
			file := filepath.Join(t.TempDir(), "clari.yml")
			out, err := begins(t, s, "", "--tab", "net_arr", "--tab", "https://app.clari.com/forecast/renewals?x=1", "--destination", p.Name, "--fiscal-month", "2", "-o", file)
			require.NoError(t, err, out)
			require.Contains(t, out, "wrote "+file)
			require.Contains(t, out, "2 forecast tabs, written to "+p.Name)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Contains(t, string(text), "fiscal_year_start_month: 2")
			require.Contains(t, string(text), `- id: "renewals"`)

			_, err = begins(t, s, "", "--tab", "other", "-o", file)
			require.ErrorContains(t, err, "is there already")
			again, readErr := os.ReadFile(file)
			require.NoError(t, readErr)
			require.Equal(t, text, again)
		})
	}
}

// TestInitAsks: at a terminal it asks, and an empty answer takes what stands in brackets.
func TestInitAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Config{Key: "k3y-0123456789"})
		defer s.Close()
		file := filepath.Join(t.TempDir(), "clari.yml")
		out, err := begins(t, s, "\nhttps://app.clari.com/forecast/net_arr, renewals\npostgresql\n\n", "-o", file)
		require.NoError(t, err, out)
		require.Contains(t, out, "Variable of the environment that has the Clari token [CLARI_API_KEY]: ")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(text), "path: cloudquery/postgresql")
		require.Contains(t, string(text), `api_key: "${CLARI_API_KEY}"`)
	})
}

func TestInitRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clari.yml")
	for _, test := range []struct {
		answers string
		args    []string
		want    string
	}{
		{"", []string{"--tab", "a", "--destination", "oracle"}, `"oracle" is none of postgresql, `},
		{"", []string{"--tab", "https://app.clari.com/home"}, "is no address of a forecast tab"},
		{"", []string{"--tab", "a", "--fiscal-month", "13"}, "13 is no month"},
		{"", []string{"--tab", "a", "--token-variable", "eyJhbGciOi-secret"}, `"eyJh..." is no name of a variable`},
		{"\n\n\n\n", nil, "no forecast tab: give --tab"},
		{"\na\nsqlite\nFebruary\n", nil, `"February" is no month`},
		{"", nil, "no answer: nothing was written"},
	} {
		_, err := begins(t, nil, test.answers, append(test.args, "-o", file)...)
		require.ErrorContains(t, err, test.want)
		require.NoFileExists(t, file)
	}
}

// TestInspect reads a result as a sync would: shape, quarter, rows; and refuses what a sync refuses.
func TestInspect(t *testing.T) {
	const rows = "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value\n" +
		"Ada,ada@x.example,005A,CEO,,FY26 Q1,Commit,0,02/02/2025,02/08/2025,Forecast Value,\"$1,200.50\"\n"
	dir := filepath.Join(t.TempDir(), "net_arr", "2026_Q1")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		data := []byte(text)
		if strings.HasSuffix(name, ".gz") {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, err := w.Write(data)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			data = packed.Bytes()
		}
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	run := func(args ...string) (string, error) {
		root := command.Root(command.Env{})
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&bytes.Buffer{})
		root.SetArgs(append([]string{"inspect"}, args...))
		err := root.ExecuteContext(t.Context())
		return out.String(), err
	}
	for _, name := range []string{"job.csv", "job.csv.gz"} {
		out, err := run(write(name, rows))
		require.NoError(t, err, out)
		for _, part := range []string{"shape    csv", "quarter  2026_Q1", "types    forecast", "rows     1 entries", "Ada", "1200.5"} {
			require.Contains(t, out, part)
		}
	}
	odd, err := run(write("odd.csv", rows+"Ada,ada@x.example,005A,CEO,,FY26 Q1,Best Case,0,02/02/2025,02/08/2025,Forecast Value,about 5\n"))
	require.NoError(t, err, odd)
	require.Contains(t, odd, "odd      forecast_value: 1 texts that cannot be read, such as ")

	comma, err := run(write("comma.csv", strings.ReplaceAll(rows, "$1,200.50", "1.200,50 €")))
	require.NoError(t, err, comma)
	require.Contains(t, comma, "amounts  as in 1.234,56")
	require.Contains(t, comma, "1200.5")
	events, err := run(write("activities.json", `{"activities":[{"activityId":"a","date":"soon","participants":[{"email":"a@x"},{"email":"b@x"}]},{"activityId":"a"}]}`))
	require.NoError(t, err, events)
	for _, part := range []string{"shape    activities", "odd      occurred_at: 1 texts that cannot be read, such as ", "rows     1 activities, 0 accounts, 0 opportunities, 2 participants"} {
		require.Contains(t, events, part)
	}
	half, err := run(write("half.json", `{"activities":[{"activityId":"a"}],"nextLink":"x"}`))
	require.Error(t, err)
	require.Contains(t, half, "partial result")

	out, err := run(write("page.json", `{"hello": 1}`), filepath.Join(dir, "absent.json"), write("job.csv", rows))
	require.ErrorContains(t, err, "inspect: a sync would refuse 2 of 3 results")
	require.Contains(t, out, "unknown shape of result")
	require.Contains(t, out, "no such file or directory")
	out, err = run("--period", "2025_Q4", filepath.Join(dir, "job.csv"))
	require.Error(t, err)
	require.Contains(t, out, "wrong quarter")
}
