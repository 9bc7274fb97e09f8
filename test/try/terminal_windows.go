package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// movable reports whether a line on this file can be written over: it is a console, and one that knows the sequences for it.
func movable(file *os.File) bool {
	console := windows.Handle(file.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
