package pgstore

const (
	// Conversations that are looked up one by one are read in blocks of consecutive numbers, since each statement takes longer than
	// many rows. The first few are read by themselves.
	lookedUpAlone   = 4
	firstBlock      = 64
	blocksBefore    = 16 // blocks of that size, before they are larger
	largerBlock     = 1024
	mostOfBlock     = 4 << 20  // bytes
	mostOfAllBlocks = 32 << 20 // bytes
)

// blocks are the rows of a table that belong to conversations that were looked up, and to their neighbors.
type blocks struct {
	r       *reader
	plan    *plan
	lookups int
	size    int64 // numbers in a block
	loaded  int   // blocks of this size
	shrunk  bool  // a block was too large: they grow no more
	bytes   int
	rows    map[int64]map[int64][]packed // by block, then by conversation
}

// find returns the rows of a conversation. ok is false where they have to be read by themselves.
func (b *blocks) find(key int64, conds *conditions) (found []packed, ok bool, err error) {
	if b.lookups++; b.lookups <= lookedUpAlone || key < 0 || key > 1<<62 {
		return nil, false, nil
	}
	switch {
	case b.size == 0:
		b.resize(firstBlock)
	case b.size == firstBlock && b.loaded == blocksBefore && !b.shrunk:
		b.resize(largerBlock)
	}
	for b.size > 1 {
		block, have := b.rows[key/b.size]
		if have {
			return block[key], true, nil
		}
		small, err := b.load(key/b.size, conds)
		if err != nil {
			return nil, false, err
		}
		if !small {
			b.shrunk = true
			b.resize(b.size / 8)
		}
	}
	return nil, false, nil
}

// resize changes the size of blocks, and drops those of the size before.
func (b *blocks) resize(size int64) {
	b.drop()
	b.size, b.loaded, b.rows = size, 0, map[int64]map[int64][]packed{}
}

// drop forgets all blocks.
func (b *blocks) drop() {
	b.r.held -= b.bytes
	b.bytes = 0
	clear(b.rows)
}

// load reads a block. It reports false if that was too large.
func (b *blocks) load(n int64, conds *conditions) (small bool, err error) {
	if err := b.r.free(); err != nil {
		return false, err
	}
	if b.bytes > mostOfAllBlocks {
		b.drop()
	}
	all := conditions{where: conds.where[:len(conds.where):len(conds.where)], values: conds.values[:len(conds.values):len(conds.values)]}
	key := b.plan.columns[b.plan.key].sql
	all.addNumber(key+" >= ?", n*b.size)
	all.addNumber(key+" < ?", (n+1)*b.size)
	rows, block, bytes := b.r.conn.ExecParams(b.r.ctx, b.plan.statement(&all), all.values, nil, nil, nil), map[int64][]packed{}, 0
	for bytes <= mostOfBlock && rows.NextRow() {
		w := row(rows.Values())
		kept, conversation := w.pack(), integer(w[1])
		bytes += kept.bytes()
		block[conversation] = append(block[conversation], kept)
	}
	if _, err := rows.Close(); err != nil {
		return false, b.r.fail(err)
	}
	if bytes > mostOfBlock {
		return false, nil
	}
	b.loaded++
	b.rows[n] = block
	b.bytes += bytes
	return true, b.r.hold(bytes)
}
