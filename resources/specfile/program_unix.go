//go:build !windows

package specfile

import "io/fs"

// executable reports whether anybody may run a file.
func executable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }
