package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// fingerprint is a short hash of plain data, for keys.
func fingerprint(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fingerprint of plain data: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// PaidKey is the key of what was paid for of one request. request is plain data: all that changes what Clari is asked for.
func PaidKey(request any) string { return "clari/v1/paid/" + fingerprint(request) }

// PlaceKey is the key of what is there at one place. place is plain data: all that tells rows of one place from those of another.
func PlaceKey(place any) string { return "clari/v1/place/" + fingerprint(place) }

// OtherKey is the key of what else a kind keeps, such as a calendar. name is a word of its own for each such thing.
func OtherKey(name string, v any) string { return "clari/v1/" + name + "/" + fingerprint(v) }
