package export
import "time"
type pacer struct{min,max time.Duration}
type schedule struct{d,max time.Duration}
func newPacer(min, max time.Duration) *pacer { return &pacer{min,max} }
func (p *pacer) schedule(string) *schedule { return &schedule{p.min,p.max} }
func (s *schedule) next(time.Duration) time.Duration { d:=s.d; s.d=min(d*3/2,s.max); return d }
func (p *pacer) observe(string, time.Duration) {}
