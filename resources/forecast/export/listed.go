package export

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
)

// Matches goes by what the list tells: module, file name where there is one, file type and currency. Types and weeks are not in it.
func (w *work) Matches(j clari.Job) bool {
	return !w.Shared && isForecast(j) && (j.FileName == "" || w.named(j.FileName)) && sameFormat(w.Request, j) && w.sameCurrency(j)
}

// sameCurrency: without one Clari takes the tab's own, which the list tells and nobody knows. It is not one that is asked for apart.
func (w *work) sameCurrency(j clari.Job) bool {
	if w.Currency != "" || j.Currency == "" {
		return j.Currency == "" || strings.EqualFold(j.Currency, w.Currency)
	}
	return !slices.ContainsFunc(w.k.Spec.Forecasts, func(f spec.Forecast) bool {
		return f.ID == w.ForecastID && strings.EqualFold(f.Currency, j.Currency)
	})
}

// Similar: the file's name tells the tab.
func (w *work) Similar(j clari.Job) bool {
	rest, ok := strings.CutPrefix(j.FileName, filePrefix+w.ForecastID+"_")
	return ok && isForecast(j) && quarterPrefix.MatchString(rest) && sameFormat(w.Request, j)
}

func isForecast(j clari.Job) bool {
	return strings.EqualFold(j.Module, "FORECAST") || j.Module == "" && j.FileName != ""
}

func sameFormat(r plan.Request, j clari.Job) bool {
	format := j.FileType
	if _, ending, ok := strings.Cut(j.FileName, "."); ok && format == "" {
		format = ending
	}
	return format == "" || strings.EqualFold(format, r.Format)
}

// Clari names files clari_export_forecast_<forecast>_<period><digits>_<day>_<time>.json (its API reference, job example).
const filePrefix = "clari_export_forecast_"

var quarterPrefix = regexp.MustCompile(`^\d{4}_Q[1-4]`)

// named reports whether an export file belongs to the tab and period of the item.
func (w *work) named(file string) bool {
	rest, ok := strings.CutPrefix(file, filePrefix+w.ForecastID+"_")
	if !ok {
		return false
	}
	if period := cmp.Or(w.Period, w.Likely); period != "" {
		return strings.HasPrefix(rest, period)
	}
	return quarterPrefix.MatchString(rest) // not another tab whose name begins with this one's
}

// Ambiguous: two exports of one tab and period. A quarter that is not known may be any.
func (w *work) Ambiguous(other job.Item, j clari.Job) bool {
	o, ok := other.Work.(*work)
	if !ok || o.ForecastID != w.ForecastID {
		return false
	}
	mine, theirs := cmp.Or(w.Period, w.Likely), cmp.Or(o.Period, o.Likely)
	return mine == theirs || mine == "" || theirs == "" || j.FileName == ""
}
