// Package promises has, for each promise of the plugin that was once broken, the whole syncs that broke it: exports paid for twice, rows of an older export
// over newer ones, days and opportunities that no sync fetched, syncs that never ended. It knows nothing of how the plugin keeps them.
package promises
