// Package truth says what the tables must hold of an export, and compares that with what landed. It starts from what the stand-in for
// Clari knows of its tenant, not from the result that it wrote, goes by the design alone, and is slow and plain: it shares no code
// with the plugin, lest both be wrong in the same way. Whoever has to know what is right asks here.
package truth
