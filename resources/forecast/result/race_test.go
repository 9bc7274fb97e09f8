//go:build race

package result

// The race detector allocates too.
const raceAllocations = 0.1 // per entry
