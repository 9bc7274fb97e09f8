package forecasts

import (
	"testing"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

func TestArraysGolden(t *testing.T) {
	for _, name := range []string{"arrays", "variants"} {
		t.Run(name, func(t *testing.T) {
			rows, res, err := land(t.Context(), read(t, "testdata/"+name+".json"), Asked{Quarter: "2023_Q4"}, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if res.Shape != "arrays" || res.Quarter != "2023_Q4" {
				t.Errorf("got %+v", res)
			}
			golden(t, "testdata/"+name+".golden.json", rows)
		})
	}
}
