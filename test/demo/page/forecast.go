package page

import (
	"math"
	"time"
)

// A Week is what is known of the whole organisation in one week and field. NaN is unknown.
type Week struct {
	Quarter, Start, Field string
	Call, Quota, Closed   float64
}

// Forecast draws calls by week against what is closed and the quota, quarter after quarter. weeks are in their order.
func Forecast(title string, weeks []Week) ([]byte, error) {
	series := []Series{{Name: "Commit"}, {Name: "Best Case"}, {Name: "closed"}, {Name: "quota", Dashed: true}}
	add := func(s *Series, quarter string, last *string, p Point) {
		if *last != quarter && *last != "" {
			s.Points = append(s.Points, Point{Value: math.NaN()})
		}
		*last = quarter
		if !math.IsNaN(p.Value) {
			s.Points = append(s.Points, p)
		}
	}
	var last [4]string
	for _, w := range weeks {
		day, err := time.Parse(time.DateOnly, w.Start)
		if err != nil {
			return nil, err
		}
		switch w.Field {
		case "Commit":
			add(&series[0], w.Quarter, &last[0], Point{day, w.Call})
			add(&series[2], w.Quarter, &last[2], Point{day, w.Closed})
		case "Best Case":
			add(&series[1], w.Quarter, &last[1], Point{day, w.Call})
		case "Quota":
			add(&series[3], w.Quarter, &last[3], Point{day, w.Quota})
		}
	}
	return Calls(title, series)
}
