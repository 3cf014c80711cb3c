package approval

import "context"

// Hold does something while the folder is locked.
func (d *Dir) Hold(ctx context.Context, do func()) error {
	return d.within(ctx, func(*folder) error {
		do()
		return nil
	})
}

// Path is the folder.
func (d *Dir) Path() string { return d.path }
