package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// machine describes the computer in general terms.
func machine() string {
	cpu := valueIn("/proc/cpuinfo", "model name")
	if cpu == "" {
		cpu = runtime.GOARCH + " processor"
	}
	text := fmt.Sprintf("%s, %d cores", cpu, runtime.NumCPU())
	if kib, err := strconv.Atoi(strings.TrimSuffix(valueIn("/proc/meminfo", "MemTotal"), " kB")); err == nil {
		text += fmt.Sprintf(", %d GiB of memory", (kib+1<<19)>>20)
	}
	return fmt.Sprintf("%s, %s/%s, %s", text, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// valueIn is what the first line "name: value" of a file says; empty without one, as on systems other than Linux.
func valueIn(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
