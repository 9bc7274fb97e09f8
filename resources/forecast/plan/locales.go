package plan

import "sync"

// locales is how the flat rows of each tab write amounts, by what its newest results have told. What names a locale is the reader's to say.
type locales struct {
	mu sync.Mutex
	of map[Tab]string
}

// loadLocales reads what earlier syncs have learned.
func (p *Planner) loadLocales(tabs []Tab) {
	p.locales.of = map[Tab]string{}
	for _, t := range tabs {
		var told string
		_ = p.ledger.Load(p.ctx, p.tabKey("locale", t), &told)
		p.locales.of[t] = told
	}
}

// Locale is how a tab writes amounts; empty where no result has told.
func (p *Planner) Locale(t Tab) string {
	p.locales.mu.Lock()
	defer p.locales.mu.Unlock()
	return p.locales.of[t]
}

// LearnLocale takes in what a tab's result tells, empty for nothing, and reports whether that is news.
func (p *Planner) LearnLocale(t Tab, told string) bool {
	p.locales.mu.Lock()
	defer p.locales.mu.Unlock()
	if told == "" || told == p.locales.of[t] {
		return false
	}
	p.locales.of[t] = told
	return true
}
