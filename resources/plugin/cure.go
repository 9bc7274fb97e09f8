package plugin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// cures are causes whose cure is known, and lies with whoever reads the error.
var cures = []struct {
	cause error
	text  string
}{
	{clari.ErrUnauthorized, "generate a token in Clari under Settings, API Token, and put it into api_key"},
	{clari.ErrUnknownForecast, "the id of a forecast tab is the last part of its address, app.clari.com/forecast/ID"},
	{clari.ErrNoOptIn, "have the token's user opted in to this forecast in Clari, or correct scope_id"},
}

// withCure ends an error with what to do about it, where that is known.
func withCure(err error) error {
	var texts []string
	for _, c := range cures {
		if errors.Is(err, c.cause) {
			texts = append(texts, c.text)
		}
	}
	if len(texts) == 0 {
		return err
	}
	return fmt.Errorf("%w; what to do: %s", err, strings.Join(texts, "; "))
}
