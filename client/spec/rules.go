package spec

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The values that some keys are limited to; the enum tags of the struct repeat them.
var (
	exportTypes   = []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_total", "crm_closed"}
	historical    = []string{"auto", "true", "false"}
	exportFormats = []string{"json", "csv"}
	onEmpty       = []string{"auto", "fail", "warn"}
	onUnread      = []string{"warn", "fail"}
)

// spec checks every rule. The JSON schema repeats those that it can express.
func (c *checker) spec(s *Spec) {
	c.apiKey(s.APIKey)
	c.baseURL(s.BaseURL)
	if len(s.Forecasts) == 0 {
		c.add("forecasts", "required; list one or more forecast tabs, each with its id")
	}
	for i, f := range s.Forecasts {
		c.forecast(fmt.Sprintf("forecasts[%d]", i), f)
	}
	c.differentTabs(s.Forecasts)
	c.periods("periods", s.Periods)
	if s.FiscalYearStartMonth != 0 || c.given["fiscal_year_start_month"] {
		c.whole("fiscal_year_start_month", s.FiscalYearStartMonth, 1, 12)
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		c.add("time_zone", "%s is no IANA time zone; write %s", c.show(s.TimeZone), cmp.Or(zoneMeant(s.TimeZone), "one such as UTC or America/New_York"))
	}
	c.oneOf("export_format", s.ExportFormat, exportFormats)
	if s.Concurrency != Auto && (s.Concurrency < 1 || s.Concurrency > maxWhole) {
		c.add("concurrency", "is out of range; write a whole number from 1 to %d, or auto", maxWhole)
	}
	if s.MaxResultBytes < 1 {
		c.add("max_result_bytes", `is not above zero; write a size such as "8GiB"`)
	}
	if s.DelayBetweenExports < 0 {
		c.add("delay_between_exports", `is negative; write "0s" or more`)
	}
	c.positive("poll_interval", s.PollInterval)
	c.positive("poll_max_interval", s.PollMaxInterval)
	if s.PollMaxInterval < s.PollInterval && c.sound("poll_interval") {
		c.add("poll_max_interval", "%s is below poll_interval; write %s or more", s.PollMaxInterval, s.PollInterval)
	}
	c.positive("queue_timeout", s.QueueTimeout)
	c.positive("run_timeout", s.RunTimeout)
	c.whole("export_attempts", s.ExportAttempts, 1, 10)
	if s.ResumeWithin < 0 {
		c.add("resume_within", `is negative; write "0s" or more`)
	}
	switch {
	case strings.ContainsFunc(s.KeepResults, func(r rune) bool { return r < ' ' || r == 0x7f }):
		c.add("keep_results", `%s is no folder; write its path, without a \ in double quotes`, c.show(s.KeepResults))
	case strings.HasPrefix(s.KeepResults, "~"):
		c.add("keep_results", "%s begins with ~, which only a shell knows; write the whole path", c.show(s.KeepResults))
	}
	c.whole("max_retries", s.MaxRetries, 0, maxWhole)
	if !(s.RequestsPerSecond > 0 && s.RequestsPerSecond <= 100) {
		c.add("requests_per_second", "is out of range; write a number above 0, up to 100")
	}
	c.whole("quota_reserve", s.QuotaReserve, 0, maxWhole)
	c.whole("settle_days", s.SettleDays, 0, maxWhole)
	c.refresh(s)
	c.periods("reload", s.Reload)
	c.oneOf("on_empty", s.OnEmpty, onEmpty)
	c.oneOf("on_unread", s.OnUnread, onUnread)
	c.blocks(s)
}

// zoneMeant is the zone that a text in other letters names, empty where there is none.
func zoneMeant(text string) string {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ' ' || r == '_' })
	name := ""
	for _, word := range strings.SplitAfter(strings.Join(parts, "_"), "") {
		if name == "" || strings.HasSuffix(name, "/") || strings.HasSuffix(name, "_") {
			word = strings.ToUpper(word)
		}
		name += word
	}
	for _, zone := range []string{name, strings.ToUpper(text)} {
		if _, err := time.LoadLocation(zone); zone != "" && err == nil {
			return zone
		}
	}
	return ""
}

func (c *checker) apiKey(key string) {
	foreign := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case key == "" && c.given["api_key"]:
		c.add("api_key", "is empty; set the environment variable that it names (CLARI_API_KEY, say) to the token where CloudQuery runs")
	case key == "":
		c.add("api_key", `required; write "${CLARI_API_KEY}" and put the token in that environment variable`)
	case variableName.MatchString(key):
		c.add("api_key", `is the name of a variable, not its value; write it in braces: "${CLARI_API_KEY}"`)
	case strings.HasPrefix(key, "<"):
		c.add("api_key", `is a placeholder; write "${CLARI_API_KEY}" and put the token in that environment variable`)
	case strings.Contains(key, "{{"):
		c.add("api_key", `is a template of another tool; CloudQuery fills in variables of the environment: write "${CLARI_API_KEY}"`)
	case strings.Contains(key, "${"):
		c.add("api_key", "is a variable that was not replaced by its value; set that variable where CloudQuery runs")
	case strings.ContainsAny(key, "“”„‘’«»"):
		c.add("api_key", `has typographic quotes around it; write plain ones: "${CLARI_API_KEY}"`)
	case strings.HasPrefix(strings.ToLower(key), "bearer "):
		c.add("api_key", "has the word Bearer before the token; remove it: Clari takes the token alone")
	case strings.ContainsFunc(key, foreign):
		c.add("api_key", "has white space, a control character or a letter outside ASCII in it; copy the token anew, without a line break")
	}
}

// variableName is a variable as shells write it, $NAME, $(NAME), %NAME% or $env:NAME, or the bare name that the examples have.
var variableName = regexp.MustCompile(`^(\$(env:)?[A-Za-z_][A-Za-z0-9_]*|\$\([A-Za-z_][A-Za-z0-9_]*\)|%[A-Za-z_][A-Za-z0-9_]*%|CLARI(_[A-Z]+)+)$`)

var hostForm = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)

func (c *checker) baseURL(raw string) {
	u, err := url.Parse(raw)
	foreign := func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }
	switch {
	case err != nil || !strings.HasPrefix(raw, "https://") && !strings.HasPrefix(raw, "http://"):
		c.add("base_url", "is no http(s) URL; write it in full, such as https://api.clari.com/v4")
	case u.User != nil:
		c.add("base_url", "has a user or password in it; remove that: the token goes into api_key")
	case u.Hostname() == "app.clari.com" || u.Hostname() == "api.clari.com" && strings.Trim(u.Path, "/") == "":
		c.add("base_url", "is not where the API is; write https://api.clari.com/v4, or remove the key")
	case strings.ContainsAny(raw, "?#"):
		c.add("base_url", "has a query or fragment; end it before the ? or #")
	case strings.ContainsFunc(raw, foreign):
		c.add("base_url", "has white space or a character that no URL has in it; remove or percent-encode that")
	case !hostForm.MatchString(u.Hostname()) || !validPort(u.Port()):
		c.add("base_url", "has no usable host or port; write it like https://api.clari.com/v4")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.add("base_url", "would send the token unencrypted; write https:// (http is for localhost, 127.0.0.0/8 and ::1)")
	}
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || host == "::1" || err == nil && ip.Is4() && ip.IsLoopback()
}

func (c *checker) forecast(path string, f Forecast) {
	c.tab(path+".id", f.ID)
	c.types(path+".types", f.Types)
	if !currencyForm.MatchString(f.Currency) && (f.Currency != "" || c.given[path+".currency"]) {
		c.add(path+".currency", "%s is no currency code; write its three letters, such as %s", c.show(f.Currency), currencyMeant(f.Currency))
	}
	c.oneOf(path+".include_historical", f.IncludeHistorical, historical)
	if f.Periods != nil {
		c.periods(path+".periods", f.Periods)
	}
}

// strange are signs that no person types in one line, and marks that stand around an id and are none of it.
const strange = "\\x00-\\x1f\\x7f\"`<>“”„‘’«»\u00a0\u200b-\u200f\u2060\ufeff"

// TabPattern is what the id of a forecast tab may be made of: all that a person types in one line. Ids that are known are lower-case words with _ between
// them, but Clari promises no form.
const TabPattern = `^[^\s` + strange + `]([^` + strange + `]*[^\s` + strange + `])?$`

// AddressPattern is what a whole address has, in place of a tab's id.
const AddressPattern = `://|clari\.com|forecast/|/$`

var tabForm, addressForm = regexp.MustCompile(TabPattern), regexp.MustCompile(AddressPattern)

// tab checks the id of a forecast tab.
func (c *checker) tab(path, id string) {
	switch {
	case id == "":
		c.add(path, "required; write the last part of the tab's address in Clari, app.clari.com/forecast/ID")
	case addressForm.MatchString(id):
		c.add(path, "is a whole address; write only its last part, after /forecast/")
	case id == "." || id == ".." || !tabForm.MatchString(id):
		c.add(path, "%s is no id; write the last part of the tab's address, app.clari.com/forecast/ID", c.show(id))
	}
}

var currencyForm = regexp.MustCompile(`^[A-Za-z]{3}$`)

// currencyMeant is the code of a currency that was written in another way, else some code.
func currencyMeant(text string) string {
	for code, names := range map[string][]string{"EUR": {"euro", "euros", "€"}, "GBP": {"pound", "pounds", "£"}, "JPY": {"yen", "¥"}, "INR": {"rupee", "rupees", "₹"}} {
		if slices.Contains(names, strings.ToLower(strings.TrimSpace(text))) {
			return code
		}
	}
	return "USD"
}

func (c *checker) types(path string, types []string) {
	if len(types) == 0 {
		c.add(path, "is empty; list one type or more, or remove the key")
	}
	for i, t := range types {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.oneOf(at, t, exportTypes)
		if first := slices.Index(types, t); first < i {
			c.add(at, "repeats types[%d]; remove one", first)
		}
	}
}

// differentTabs finds forecasts that would write the same rows.
func (c *checker) differentTabs(forecasts []Forecast) {
	type tab struct{ id, scope, currency string }
	seen := map[tab]int{}
	for i, f := range forecasts {
		path := fmt.Sprintf("forecasts[%d]", i)
		if f.ID == "" || !c.sound(path+".id") || !c.sound(path+".scope_id") || !c.sound(path+".currency") {
			continue
		}
		key := tab{f.ID, f.ScopeID, f.Currency}
		if first, again := seen[key]; again {
			c.add(path, "has the id, scope_id and currency of forecasts[%d]; merge the two, or change one of the three", first)
			continue
		}
		seen[key] = i
	}
}

// periods checks a list of periods. Only refresh and reload may be empty: they are that already.
func (c *checker) periods(path string, items []string) {
	if len(items) == 0 && path != "refresh" && path != "reload" {
		c.add(path, "is empty; list one period or more, or remove the key")
	}
	for i, item := range items {
		p, wrong := parsePeriod(item)
		if wrong == "" {
			wrong = p.outOfTime()
		}
		if wrong != "" {
			c.add(fmt.Sprintf("%s[%d]", path, i), "%s %s", c.show(item), wrong)
		}
	}
}
