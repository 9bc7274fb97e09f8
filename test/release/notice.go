package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:generate go run . notice

// linked is a module that is part of a program on some platform.
type linked struct{ path, version, dir string }

func linkedOn(root string, p platform, sources ...string) ([]linked, error) {
	args := append([]string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}"}, sources...)
	text, err := output(root, p.env(), "go", args...)
	if err != nil {
		return nil, err
	}
	modules := map[string]linked{}
	for line := range strings.Lines(text) {
		if path, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			version, dir, _ := strings.Cut(rest, " ")
			modules[path] = linked{path, version, dir}
		}
	}
	return slices.SortedFunc(maps.Values(modules), func(a, b linked) int { return strings.Compare(a.path, b.path) }), nil
}

const most = 3 // owners that are named: some modules list those of everything that was ever copied into them

// notice names every module that is linked on any platform, with its licence and whose it is.
func notice(root string) (string, error) {
	modules := map[string]linked{}
	for _, p := range all {
		on, err := linkedOn(root, p, programs[0].source, programs[1].source)
		if err != nil {
			return "", err
		}
		for _, m := range on {
			modules[m.path] = m
		}
	}
	var b strings.Builder
	b.WriteString("cq-source-clari and clari-try contain these third-party Go modules, and the Go standard library (BSD-3-Clause, Copyright 2009 The Go Authors).\n" +
		"Archives of a release have the full texts of their licences in <program>_LICENSES.txt. Written by make gen.\n")
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		texts, err := m.licences()
		if err != nil {
			return "", err
		}
		var names, owners []string
		for _, text := range texts {
			if name := identify(text); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
			for _, line := range copyright.FindAllString(text, -1) {
				if line = strings.TrimRight(strings.TrimSpace(line), "."); !slices.Contains(owners, line) {
					owners = append(owners, line)
				}
			}
		}
		if len(names) == 0 {
			return "", fmt.Errorf("%s: its licence is none that is known: add it to identify", path)
		}
		fmt.Fprintf(&b, "\n%s %s\n  %s\n", m.path, m.version, strings.Join(names, ", "))
		for i, owner := range owners {
			if i == most && len(owners) > most+1 {
				fmt.Fprintf(&b, "  and %d more\n", len(owners)-most)
				break
			}
			fmt.Fprintf(&b, "  %s\n", owner)
		}
	}
	return b.String(), nil
}

// licenceTexts are the licences of what is linked into a program on a platform, whole.
func licenceTexts(root string, of program, p platform) (string, error) {
	modules, err := linkedOn(root, p, of.source)
	if err != nil {
		return "", err
	}
	goroot, err := output(root, nil, "go", "env", "GOROOT")
	if err != nil {
		return "", err
	}
	modules = append([]linked{{path: "Go standard library", dir: strings.TrimSpace(goroot)}}, modules...)
	var b strings.Builder
	for _, m := range modules {
		texts, err := m.licences()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s\n%s %s\n\n%s\n", strings.Repeat("=", 80), m.path, m.version, strings.Join(texts, "\n\n"))
	}
	return b.String(), nil
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice)([._-].*)?$`)
	copyright   = regexp.MustCompile(`(?m)^\s*Copyright (?:\([cC]\) |© )?(?:\d{4}|[A-Z][^\[\n]*\d{4}|the |The )[^\[\n]*$`)
)

// licences are the texts of the files at the module's top that say what may be done with it.
func (m linked) licences() (texts []string, err error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && licenceFile.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
			text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
			if err != nil {
				return nil, err
			}
			texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
		}
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s: has no licence file", m.path)
	}
	return texts, nil
}

// identify is the SPDX name of a licence's text, empty for what is none, such as a notice.
func identify(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, known := range []struct{ words, name string }{
		{"Apache License Version 2.0", "Apache-2.0"},
		{"Mozilla Public License Version 2.0", "MPL-2.0"},
		{"Mozilla Public License, version 2.0", "MPL-2.0"},
		{"Permission is hereby granted, free of charge", "MIT"},
		{"Permission to use, copy, modify, and/or distribute this software", "ISC"},
		{"Permission to use, copy, modify, and distribute this software", "ISC"},
		{"used to endorse or promote products", "BSD-3-Clause"},
		{"Redistribution and use in source and binary forms", "BSD-2-Clause"},
	} {
		if strings.Contains(text, known.words) {
			return known.name
		}
	}
	return ""
}
