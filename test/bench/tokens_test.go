package bench

import (
	"context"
	"encoding/csv"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// readTokens is the least that reading JSON once can cost with the tokenizer: nothing is done with the tokens.
func readTokens(_ context.Context, r *result) (int64, error) {
	for d := jsontext.NewDecoder(r.section(), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); ; {
		if _, err := d.ReadToken(); errors.Is(err, io.EOF) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// readCells is the same for CSV with the standard library.
func readCells(_ context.Context, r *result) (int64, error) {
	d := csv.NewReader(r.section())
	for d.ReuseRecord = true; ; {
		if _, err := d.Read(); errors.Is(err, io.EOF) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}
