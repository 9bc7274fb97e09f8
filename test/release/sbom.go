package main

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
)

// bill is a CycloneDX 1.5 document, as far as `go version -m` knows: the modules that are linked, and the Go that linked them. It has no
// time and no serial number, which would differ from build to build.
type bill struct {
	BOMFormat   string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// sbom makes the bill of a program that was built for a platform.
func sbom(name, version string, p platform, info *debug.BuildInfo) ([]byte, error) {
	b := bill{BOMFormat: "CycloneDX", SpecVersion: "1.5", Version: 1}
	b.Metadata.Component = component{
		Type: "application", Name: name, Version: version, PURL: "pkg:golang/" + info.Main.Path + "@" + version,
		Properties: []property{{"go:version", info.GoVersion}, {"go:platform", p.String()}},
	}
	for _, s := range info.Settings {
		b.Metadata.Component.Properties = append(b.Metadata.Component.Properties, property{"go:build:" + s.Key, s.Value})
	}
	b.Components = []component{{Type: "library", Name: "std", Version: info.GoVersion, PURL: "pkg:golang/std@" + info.GoVersion}}
	for _, m := range info.Deps {
		b.Components = append(b.Components, library(m))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(b)
	return out.Bytes(), err
}

func library(m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	c := component{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path + "@" + m.Version}
	if m.Sum != "" {
		c.Properties = []property{{"go:sum", m.Sum}}
	}
	return c
}
