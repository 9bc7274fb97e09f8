package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/cloudquery/plugin-pb-go/managedplugin"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// TestArchive: one entry as the CLI looks for it, and the same bytes each time.
func TestArchive(t *testing.T) {
	entries := []entry{{"cq-source-clari", 0o755, bytes.Repeat([]byte("program"), 1000)}, {"LICENSES.txt", 0o644, []byte("text")}}
	once, err := zipped(entries)
	require.NoError(t, err)
	again, err := zipped(entries)
	require.NoError(t, err)
	require.Equal(t, once, again)

	r, err := zip.NewReader(bytes.NewReader(once), int64(len(once)))
	require.NoError(t, err)
	f, err := r.Open("cq-source-clari")
	require.NoError(t, err)
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, entries[0].data, data)
	require.EqualValues(t, 0o755, r.File[0].Mode())
	require.True(t, r.File[0].Modified.Equal(epoch))
}

// TestDownload: the package that the CLI downloads plugins with finds ours in a release on GitHub.
func TestDownload(t *testing.T) {
	archive, err := zipped([]entry{{programs[0].file(host()), 0o755, []byte("the plugin")}})
	require.NoError(t, err)
	real := http.DefaultTransport
	defer func() { http.DefaultTransport = real }()
	http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
		answer := httptest.NewRecorder()
		if r.URL.String() == "https://github.com/cq-source-clari/cq-source-clari/releases/download/v0.1.0/"+programs[0].archive(host())+".zip" {
			_, _ = answer.Write(archive)
		} else {
			answer.WriteHeader(http.StatusNotFound)
		}
		return answer.Result(), nil
	})
	file := filepath.Join(t.TempDir(), "plugin")
	_, err = managedplugin.DownloadPluginFromGithub(t.Context(), zerolog.Nop(), file, "cq-source-clari", "clari", "v0.1.0",
		managedplugin.PluginSource, managedplugin.DownloaderOptions{NoProgress: true})
	require.NoError(t, err)
	program, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "the plugin", string(program))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestBesideEachOther: unpacked into one directory, no archive of a system asks whether to write over a file of another's.
func TestBesideEachOther(t *testing.T) {
	for _, p := range all {
		seen := map[string]bool{}
		for _, of := range programs {
			for _, name := range []string{of.file(p), of.licences()} {
				require.False(t, seen[name], name)
				seen[name] = true
			}
		}
	}
}

func TestSBOM(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Path: module}, Deps: []*debug.Module{
		{Path: "example.com/a", Version: "v1.0.0", Sum: "h1:aaa="},
		{Path: "example.com/b", Version: "v2.0.0", Replace: &debug.Module{Path: "example.com/c", Version: "v3.0.0"}},
	}, Settings: []debug.BuildSetting{{Key: "CGO_ENABLED", Value: "0"}}}
	data, err := sbom("cq-source-clari", "v1.2.3", platform{"linux", "arm64"}, info)
	require.NoError(t, err)
	var b bill
	require.NoError(t, json.Unmarshal(data, &b))
	require.Equal(t, "CycloneDX", b.BOMFormat)
	require.Equal(t, component{
		Type: "application", Name: "cq-source-clari", Version: "v1.2.3", PURL: "pkg:golang/" + module + "@v1.2.3",
		Properties: []property{{"go:version", "go1.26.0"}, {"go:platform", "linux/arm64"}, {"go:build:CGO_ENABLED", "0"}},
	}, b.Metadata.Component)
	require.Equal(t, []component{
		{Type: "library", Name: "std", Version: "go1.26.0", PURL: "pkg:golang/std@go1.26.0"},
		{Type: "library", Name: "example.com/a", Version: "v1.0.0", PURL: "pkg:golang/example.com/a@v1.0.0", Properties: []property{{"go:sum", "h1:aaa="}}},
		{Type: "library", Name: "example.com/c", Version: "v3.0.0", PURL: "pkg:golang/example.com/c@v3.0.0"},
	}, b.Components)
}

// TestNotice: every linked module is named, with a licence; make gen writes what is missing.
func TestNotice(t *testing.T) {
	want, err := notice(root)
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(root, "NOTICE"))
	require.NoError(t, err)
	require.Equal(t, want, string(have))
}

func TestLicences(t *testing.T) {
	texts, err := licenceTexts(root, programs[0], host())
	require.NoError(t, err)
	for _, part := range []string{"Go standard library", "github.com/cloudquery/plugin-sdk/v4", "Mozilla Public License", "Permission is hereby granted"} {
		require.Contains(t, texts, part)
	}
}

// TestFixVersion: the line that package replaces is the one that the source has.
func TestFixVersion(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(root, "resources", "plugin", "plugin.go"))
	require.NoError(t, err)
	fixed, err := fixVersion(string(source), "v1.2.3")
	require.NoError(t, err)
	require.Contains(t, fixed, `Version = string([]byte("v1.2.3"))`)
	require.NotContains(t, fixed, versionLine)
	_, err = fixVersion("package plugin", "v1.2.3")
	require.Error(t, err)
}

func TestSection(t *testing.T) {
	changes := "# Changes\n\n## v0.2.0\n\nTwo.\n\n## v0.1.0 (2026-01-02)\n\nOne.\n"
	for version, want := range map[string]string{"v0.2.0": "Two.", "v0.1.0": "One.", "v0.1": "", "v0.3.0": ""} {
		have, err := section(changes, version)
		require.Equal(t, want, have)
		require.Equal(t, want == "", err != nil)
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"archives"}, {"archives", "0.1.0"}, {"archives", "v0.1.0", "linux/386"}, {"else", "v0.1.0"}, {"package", "v0.1.0", "x"}} {
		require.Error(t, run(args), "%q", args)
	}
}
