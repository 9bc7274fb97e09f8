//go:build !windows

package main

import (
	"os"

	"golang.org/x/term"
)

// movable reports whether a line on this file can be written over: it is a terminal.
func movable(file *os.File) bool {
	return term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb"
}
