//go:build !windows

package spill

import "os"

// unlinkOpen removes the name of an open file: nobody else can open it, and nothing stays behind however the process ends.
func unlinkOpen(f *os.File) { os.Remove(f.Name()) }

func removeClosed(*os.File) {}

// RemoveLeftovers removes the files of dead runs. Here an open file has no name, so there are none.
func RemoveLeftovers() {}
