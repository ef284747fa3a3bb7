// Published verifies a ledger that mutualchain published, knowing nothing of mutualchain: only what c2sp.org says of
// signed notes, checkpoints, cosignatures and tiles, and golang.org/x/mod/sumdb, which nobody of this project wrote.
//
// A request in JSON comes on stdin, an answer in JSON goes to stdout; what does not verify ends the program with a
// reason on stderr.
//
//	echo '{"folder": "public", "log": "<vkey>", "witnesses": ["<vkey>"], "index": 7}' | go run ./published
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	cosigner   = 4 // the type byte of an Ed25519 cosigner's key, c2sp.org/tlog-cosignature
)

// request says where a ledger was published, whom to trust, and what to prove.
type request struct {
	Folder    string      `json:"folder"`
	Log       string      `json:"log"`
	Witnesses []string    `json:"witnesses"`
	Index     int64       `json:"index"`
	Proof     []tlog.Hash `json:"proof"` // somebody else's proof for that index, if there is one
	Old       string      `json:"old"`   // an earlier checkpoint, if there is one
}

// answer is what was verified.
type answer struct {
	Origin      string            `json:"origin"`
	Size        int64             `json:"size"`
	Root        tlog.Hash         `json:"root"`
	Cosigned    map[string]uint64 `json:"cosigned"` // witness to Unix seconds
	Entry       []byte            `json:"entry"`
	Proof       []tlog.Hash       `json:"proof"`
	Consistency []tlog.Hash       `json:"consistency"`
}

func main() {
	var asked request
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	reply, err := verify(asked)
	must(err)
	must(json.NewEncoder(os.Stdout).Encode(reply))
}

func verify(asked request) (*answer, error) {
	signed, err := os.ReadFile(filepath.Join(asked.Folder, "checkpoint"))
	if err != nil {
		return nil, err
	}
	reply, err := openCheckpoint(signed, asked)
	if err != nil {
		return nil, err
	}
	tree := tlog.Tree{N: reply.Size, Hash: reply.Root}
	hashes := tlog.TileHashReader(tree, &tiles{asked.Folder})
	if err := checkRoot(asked.Folder, tree, hashes); err != nil {
		return nil, err
	}
	if err := proveEntry(asked, tree, hashes, reply); err != nil {
		return nil, err
	}
	if asked.Old != "" {
		old, err := openCheckpoint([]byte(asked.Old), request{Log: asked.Log})
		if err != nil {
			return nil, fmt.Errorf("the earlier checkpoint: %w", err)
		}
		reply.Consistency, err = tlog.ProveTree(tree.N, old.Size, hashes)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(reply.Consistency, tree.N, tree.Hash, old.Size, old.Root); err != nil {
			return nil, err
		}
	}
	return reply, nil
}

// --- checkpoint and cosignatures, c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature ------------------------------

func openCheckpoint(signed []byte, asked request) (*answer, error) {
	log, err := note.NewVerifier(asked.Log)
	if err != nil {
		return nil, err
	}
	reply := &answer{Cosigned: map[string]uint64{}}
	known := []note.Verifier{log}
	for _, vkey := range asked.Witnesses {
		witness, err := newCosigner(vkey, reply.Cosigned)
		if err != nil {
			return nil, err
		}
		known = append(known, witness)
	}
	opened, err := note.Open(signed, note.VerifierList(known...)) // fails if a known key's signature does not verify
	if err != nil {
		return nil, err
	}
	if len(opened.Sigs) != len(known) {
		return nil, fmt.Errorf("%d of %d known keys signed", len(opened.Sigs), len(known))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != log.Name() {
		return nil, errors.New("this is no checkpoint of the log")
	}
	reply.Origin = lines[0]
	reply.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(reply.Size, 10) != lines[1] {
		return nil, fmt.Errorf("%q is no size", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return nil, fmt.Errorf("%q is no root", lines[2])
	}
	copy(reply.Root[:], root)
	return reply, nil
}

// cosignature verifies lines of type 0x04 and keeps their times. It is a note.Verifier.
type cosignature struct {
	name  string
	hash  uint32
	key   ed25519.PublicKey
	times map[string]uint64
}

func newCosigner(vkey string, times map[string]uint64) (*cosignature, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is no verifier key", vkey)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != cosigner {
		return nil, fmt.Errorf("%q is no key of an Ed25519 cosigner", vkey)
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(digest[:4])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, fmt.Errorf("the key ID of %q is another key's", vkey)
	}
	return &cosignature{parts[0], hash, key[1:], times}, nil
}

func (c *cosignature) Name() string    { return c.name }
func (c *cosignature) KeyHash() uint32 { return c.hash }

func (c *cosignature) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	if !ed25519.Verify(c.key, []byte(message), signature[8:]) {
		return false
	}
	c.times[c.name] = seconds
	return true
}

// --- tiles, c2sp.org/tlog-tiles ---------------------------------------------------------------------------------------

// tiles reads a published folder. It is a tlog.TileReader.
type tiles struct{ folder string }

func (t *tiles) Height() int                         { return tileHeight }
func (t *tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, err := readWidth(t.folder, fmt.Sprintf("tile/%d/", tile.L), tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %d/%d is cut off", tile.L, tile.N)
		}
		found = append(found, data[:tile.W*tlog.HashSize])
	}
	return found, nil
}

// readWidth reads a partial file or, where it was cleaned away, the full one, of which it is the beginning.
func readWidth(folder, kind string, number int64, width int) ([]byte, error) {
	full := filepath.Join(folder, kind+numberPath(number))
	if width < tileWidth {
		data, err := os.ReadFile(fmt.Sprintf("%s.p/%d", full, width))
		if err == nil || !os.IsNotExist(err) {
			return data, err
		}
	}
	return os.ReadFile(full)
}

// numberPath writes 1234067 as x001/x234/067.
func numberPath(number int64) string {
	path := fmt.Sprintf("%03d", number%1000)
	for number /= 1000; number > 0; number /= 1000 {
		path = fmt.Sprintf("x%03d/%s", number%1000, path)
	}
	return path
}

// readEntries reads a bundle of entries.
func readEntries(folder string, number int64, width int) ([][]byte, error) {
	data, err := readWidth(folder, "tile/entries/", number, width)
	if err != nil {
		return nil, err
	}
	var found [][]byte
	for len(found) < width {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("the entries of bundle %d are cut off", number)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		found = append(found, data[2:end])
		data = data[end:]
	}
	return found, nil
}

// --- the tree ---------------------------------------------------------------------------------------------------------

// checkRoot computes the root twice: from the tiles, and from the entries alone.
func checkRoot(folder string, tree tlog.Tree, hashes tlog.HashReader) error {
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the tiles do not lead to the signed root")
	}
	var stored []tlog.Hash
	own := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for first := int64(0); first < tree.N; first += tileWidth {
		width := tileWidth
		if tree.N-first < tileWidth {
			width = int(tree.N - first)
		}
		entries, err := readEntries(folder, first/tileWidth, width)
		if err != nil {
			return err
		}
		for at, entry := range entries {
			more, err := tlog.StoredHashes(first+int64(at), entry, own)
			if err != nil {
				return err
			}
			stored = append(stored, more...)
		}
	}
	root, err = tlog.TreeHash(tree.N, own)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the entries do not lead to the signed root")
	}
	return nil
}

// proveEntry makes and checks the inclusion proof of one entry, and compares it with the one that was given.
func proveEntry(asked request, tree tlog.Tree, hashes tlog.HashReader, reply *answer) error {
	width := tileWidth
	if rest := tree.N - asked.Index/tileWidth*tileWidth; rest < tileWidth {
		width = int(rest)
	}
	entries, err := readEntries(asked.Folder, asked.Index/tileWidth, width)
	if err != nil {
		return err
	}
	reply.Entry = entries[asked.Index%tileWidth]
	proof, err := tlog.ProveRecord(tree.N, asked.Index, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, asked.Index, tlog.RecordHash(reply.Entry)); err != nil {
		return err
	}
	reply.Proof = proof
	if asked.Proof == nil {
		return nil
	}
	if err := tlog.CheckRecord(asked.Proof, tree.N, tree.Hash, asked.Index, tlog.RecordHash(reply.Entry)); err != nil {
		return fmt.Errorf("the proof that was given: %w", err)
	}
	for at := range proof {
		if !bytes.Equal(proof[at][:], asked.Proof[at][:]) {
			return errors.New("the proof that was given is another one")
		}
	}
	return nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
