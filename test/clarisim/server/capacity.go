package server

import "time"

// month is how far back the monthly quota looks, and how long results live.
const month = 30 * 24 * time.Hour

// usage is what the org's jobs take up: of all users, planted ones too.
type usage struct {
	active  []string // queued or running
	counted []string // against the monthly quota
}

// usage looks through the jobs. The lock must be held.
func (s *Server) usage(now time.Time) (u usage) {
	for _, j := range s.jobs {
		if j.Active(now) {
			u.active = append(u.active, j.ID)
		}
		if j.Counted && now.Sub(j.CreatedAt) < month {
			u.counted = append(u.counted, j.ID)
		}
	}
	return u
}

// limits is the body of GET /admin/limits. Clari leaves runningJobIds out when nothing runs.
func (s *Server) limits(now time.Time) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	use := s.usage(now)
	o := object{
		"concurrentLimit": s.cfg.Concurrent, "availableConcurrentLimit": max(0, s.cfg.Concurrent-len(use.active)),
		"monthlyQuota": s.cfg.Monthly, "availableMonthlyQuota": max(0, s.cfg.Monthly-len(use.counted)),
		"submittedJobIds": append([]string{}, use.counted...),
	}
	if len(use.active) > 0 {
		o["runningJobIds"] = use.active
	}
	return object{"jobs": o}
}

// SetCapacity changes the limits of the org from now on.
func (s *Server) SetCapacity(concurrent, monthly int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.Concurrent, s.cfg.Monthly = max(0, concurrent), max(0, monthly)
}
