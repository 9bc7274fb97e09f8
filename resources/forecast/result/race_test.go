//go:build race

package result

// The race detector allocates too, and so does what it watches: hashes that give their state, two for each _cq_id.
const raceAllocations = 2.1 // per entry
