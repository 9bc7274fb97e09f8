package wire

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Resolve returns what a link found in an answer to the path from names, as the path of a request. It must not lead out of the base URL.
func (c *Client) Resolve(from, link string) (string, error) {
	current, err := url.Parse(c.base.String() + from)
	if err != nil {
		return "", err
	}
	next, err := url.Parse(link)
	if err != nil {
		return "", errors.New("nextLink is not a URL") // its own text would repeat it
	}
	root := strings.TrimSuffix(c.base.Path, "/") + "/"
	if next.Host == "" && next.Scheme == "" && strings.HasPrefix(next.Path, "/") && !strings.HasPrefix(next.Path, root) {
		next.Path, next.RawPath = path.Join(root, next.Path), "" // relative to the base URL
	}
	next = current.ResolveReference(next)
	switch {
	case next.User != nil, !sameOrigin(next, c.base):
		return "", fmt.Errorf("nextLink leads to %s://%s: not followed", next.Scheme, c.redact.line(next.Host, maxWord))
	case !strings.HasPrefix(path.Clean(next.Path), root):
		return "", errors.New("nextLink leads out of the base URL's path: not followed")
	}
	next.Fragment, next.RawFragment = "", ""
	return strings.TrimPrefix(next.RequestURI(), strings.TrimSuffix(c.base.EscapedPath(), "/")), nil
}
