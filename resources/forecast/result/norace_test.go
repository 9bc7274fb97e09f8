//go:build !race

package result

const raceAllocations = 0 // per entry
