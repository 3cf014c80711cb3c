package desk

import (
	"slices"

	"dixa-mcp/internal/offline/wire"
)

// Register keeps things by id, in the order in which they came.
type Register[T any] struct {
	List []T
	ByID map[string]T
}

// Add adds a thing.
func (r *Register[T]) Add(id string, v T) {
	if r.ByID == nil {
		r.ByID = map[string]T{}
	}
	r.List = append(r.List, v)
	r.ByID[id] = v
}

// Get finds a thing, or answers as Dixa does for an id that it does not know.
func (r *Register[T]) Get(id string) (T, error) {
	v, ok := r.ByID[id]
	if !ok {
		return v, wire.ErrNotFound.Because("there is nothing with the id %s", id)
	}
	return v, nil
}

// Has reports whether there is a thing with an id.
func (r *Register[T]) Has(id string) bool {
	_, ok := r.ByID[id]
	return ok
}

// Remove takes a thing out; same tells it from the others.
func (r *Register[T]) Remove(id string, same func(T) bool) {
	delete(r.ByID, id)
	r.List = slices.DeleteFunc(r.List, same)
}
