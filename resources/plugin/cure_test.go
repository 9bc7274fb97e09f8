package plugin

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

func TestCure(t *testing.T) {
	require.NoError(t, withCure(nil))
	other := errors.New("other")
	require.Equal(t, other, withCure(other))
	err := withCure(errors.Join(fmt.Errorf("a: %w", &clari.Error{Op: "create export", Status: 401}), fmt.Errorf("b: %w", &clari.Error{Op: "create export", Status: 401, Code: "no_optin"})))
	require.ErrorIs(t, err, clari.ErrUnauthorized)
	require.ErrorContains(t, err, "; what to do: generate a token in Clari under Settings, API Token, and put it into api_key; have the token's user opted in")
	err = withCure(&clari.Error{Op: "create export", Status: 400, Code: "no_such_forecast_config"})
	require.ErrorContains(t, err, "; what to do: the id of a forecast tab is the last part of its address, app.clari.com/forecast/ID")
}
