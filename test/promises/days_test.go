package promises

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// dayAt sleeps until some hours after the beginning of a day, counted from the epoch.
func dayAt(days int, hours float64) {
	time.Sleep(time.Until(world.Epoch.AddDate(0, 0, days).Add(time.Duration(hours * float64(time.Hour)))))
}

// at is the beginning of a day.
func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t
}
