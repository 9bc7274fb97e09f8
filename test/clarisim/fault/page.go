package fault

import "github.com/cq-source-clari/cq-source-clari/test/clarisim/server"

// AltersPage lets a page of audit events go out altered.
func AltersPage(name string, alter func(page map[string]any)) server.Effect {
	return server.Effect{Name: name, Page: func(_ *server.Exchange, page map[string]any) { alter(page) }}
}

// LinkElsewhere lets a page name its next one on another origin.
func LinkElsewhere(origin string) server.Effect {
	return AltersPage("link-elsewhere", func(page map[string]any) {
		page["nextLink"] = origin + "/v4/audit/events?token=secret"
	})
}

// LinkRepeats lets a page name itself as the next one.
func LinkRepeats() server.Effect {
	return server.Effect{Name: "link-repeats", Page: func(x *server.Exchange, page map[string]any) { page["nextLink"] = x.Request.URL.RequestURI() }}
}

// OtherShape lets a page call its list by a name that nobody knows.
func OtherShape() server.Effect {
	return AltersPage("other-shape", func(page map[string]any) {
		for _, key := range []string{"items", "activities"} {
			if list, ok := page[key]; ok {
				delete(page, key)
				page["records"] = list
			}
		}
	})
}
