// Package reader holds the plugin's reader of results to the oracle: every cell of every table of thousands of documents.
package reader
