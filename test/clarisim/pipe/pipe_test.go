package pipe_test

import (
	"context"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/pipe"
)

func TestWhatIsSaidArrives(t *testing.T) {
	l := pipe.Listen()
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			io.WriteString(c, "hello")
			c.Close()
		}
	}()
	c, err := l.Dial(t.Context(), "tcp", "anywhere:80")
	require.NoError(t, err)
	require.True(t, pipe.Is(c))
	said, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, "hello", string(said))
}

func TestClosedRefuses(t *testing.T) {
	l := pipe.Listen()
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
	_, err := l.Dial(t.Context(), "tcp", "anywhere:80")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	require.False(t, pipe.Is(nil))
}

// Nobody accepts: the clock goes on, which it would not while a socket waits.
func TestDialIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pipe.Listen()
		defer l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := l.Dial(ctx, "tcp", "anywhere:80")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
