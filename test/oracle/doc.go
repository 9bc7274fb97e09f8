// Package oracle says what the tables must hold of an export, and compares that with what landed. It starts from what the stand-in for
// Clari knows of its tenant, not from the result that it wrote, goes by the design alone, and is slow and plain: it shares no code
// with the plugin, lest both be wrong in the same way. Whoever has to know what is right asks here, or in a room of it:
//
//   - decode: what must land of any result, read a second time
//   - document: results made up by choices, for decode and the plugin's reader
//   - reader: holds the plugin's reader to decode
//   - spending: which exports have to be bought
package oracle
