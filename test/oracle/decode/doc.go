// Package decode says what the tables must hold of a result, by section 4 of the design alone: a second reader of all shapes, over
// encoding/json and encoding/csv, slow and plain. It shares no code with the plugin, lest both be wrong in the same way, and knows nothing of
// jobs, syncs and the stand-in.
//
//	tables, err := decode.Result(text, decode.Asked{Period: "2026_Q1"})
//
// An error means that the export must fail for what is in its result. Where the design leaves a choice, a comment says which one was taken.
package decode
