package approval

import "context"

// OnStep calls step between the steps of each write.
func (d *Dir) OnStep(step func(name string)) { d.step = step }

// Hold does something while the folder is locked.
func (d *Dir) Hold(ctx context.Context, do func()) error {
	return d.within(ctx, func(*folder) error {
		do()
		return nil
	})
}

// Path is the folder.
func (d *Dir) Path() string { return d.path }
