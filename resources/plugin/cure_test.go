package plugin

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

func TestCure(t *testing.T) {
	require.NoError(t, withCure(nil))
	other := errors.New("other")
	require.Equal(t, other, withCure(other))
	err := withCure(errors.Join(
		fmt.Errorf("a: %w", refusal(t, 401, `{"message": "Invalid authentication credentials"}`)),
		fmt.Errorf("b: %w", refusal(t, 401, `{"code": "no_optin", "message": "no", "errorId": "1"}`)),
	))
	require.ErrorIs(t, err, clari.ErrUnauthorized)
	require.ErrorContains(t, err, "; what to do: generate a token in Clari under Settings, API Token, and put it into api_key; have the token's user opted in")
	err = withCure(refusal(t, 400, `{"code": "no_such_forecast_config", "message": "no", "errorId": "1"}`))
	require.ErrorContains(t, err, "; what to do: the id of a forecast tab is the last part of its address, app.clari.com/forecast/ID")
}

// refusal is the error of an answer of Clari's.
func refusal(t *testing.T, status int, body string) error {
	t.Helper()
	api, err := clari.New(clari.Config{BaseURL: "https://api.clari.test/v4", APIKey: testKey, Transport: &answers{byPath: map[string]func(*http.Request) (*http.Response, error){
		"/v4/export/forecast/net_arr": says(status, body),
	}}})
	require.NoError(t, err)
	_, err = api.CreateForecastExport(t.Context(), "net_arr", clari.ForecastExport{}, nil)
	require.Error(t, err)
	return err
}
