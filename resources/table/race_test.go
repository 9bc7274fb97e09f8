//go:build race

package table

// raceAllocations is what the race detector makes each row cost: what hashes marshal into is on the heap then.
const raceAllocations = 2
