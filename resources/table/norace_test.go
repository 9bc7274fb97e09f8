//go:build !race

package table

const raceAllocations = 0
