// Interop judges notes, roots and proofs that mutualchain made, and makes some for it to judge, with
// golang.org/x/mod/sumdb: code that nobody of this project wrote. A request in JSON comes on stdin, an answer in
// JSON goes to stdout.
//
//	go run . < request.json
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// opening asks whether a note opens under the keys given.
type opening struct {
	Note  string   `json:"note"`
	Vkeys []string `json:"vkeys"`
}

// inclusion asks whether a leaf is in a tree.
type inclusion struct {
	Leaf  tlog.Hash        `json:"leaf"`
	Index int64            `json:"index"`
	Size  int64            `json:"size"`
	Root  tlog.Hash        `json:"root"`
	Proof tlog.RecordProof `json:"proof"`
}

// consistency asks whether one tree is the beginning of another.
type consistency struct {
	OldSize int64          `json:"old_size"`
	NewSize int64          `json:"new_size"`
	OldRoot tlog.Hash      `json:"old_root"`
	NewRoot tlog.Hash      `json:"new_root"`
	Proof   tlog.TreeProof `json:"proof"`
}

// signing asks for a note.
type signing struct {
	Text        string   `json:"text"`
	PrivateKeys []string `json:"private_keys"`
}

// request is all that is asked at once.
type request struct {
	Open        []opening     `json:"open"`
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
	Sign        []signing     `json:"sign"`
	Entries     [][]byte      `json:"entries"` // a log to make trees of every size of
	Keys        []string      `json:"keys"`    // names to make fresh keys for
}

// opened is what a note says, or why it was refused.
type opened struct {
	Error      string   `json:"error"`
	Text       string   `json:"text"`
	Verified   []string `json:"verified"`
	Unverified []string `json:"unverified"`
}

// keyPair is a fresh key in text.
type keyPair struct {
	PrivateKey string `json:"private_key"`
	Vkey       string `json:"vkey"`
}

// answer has an error, or "", for each check asked for, and what was made.
type answer struct {
	Open        []opened      `json:"open"`
	Inclusion   []string      `json:"inclusion"`
	Consistency []string      `json:"consistency"`
	Signed      []string      `json:"signed"`
	Roots       []tlog.Hash   `json:"roots"` // of the first entry, the first two, ...
	Inclusions  []inclusion   `json:"inclusions"`
	Consistents []consistency `json:"consistents"`
	Keys        []keyPair     `json:"keys"`
}

func main() {
	var asked request
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	var reply answer
	for _, each := range asked.Open {
		reply.Open = append(reply.Open, open(each))
	}
	for _, each := range asked.Inclusion {
		reply.Inclusion = append(reply.Inclusion,
			reason(tlog.CheckRecord(each.Proof, each.Size, each.Root, each.Index, each.Leaf)))
	}
	for _, each := range asked.Consistency {
		reply.Consistency = append(reply.Consistency,
			reason(tlog.CheckTree(each.Proof, each.NewSize, each.NewRoot, each.OldSize, each.OldRoot)))
	}
	for _, each := range asked.Sign {
		reply.Signed = append(reply.Signed, sign(each))
	}
	for _, name := range asked.Keys {
		private, vkey, err := note.GenerateKey(nil, name)
		must(err)
		reply.Keys = append(reply.Keys, keyPair{private, vkey})
	}
	makeTrees(asked.Entries, &reply)
	must(json.NewEncoder(os.Stdout).Encode(reply))
}

func open(asked opening) opened {
	var known []note.Verifier
	for _, vkey := range asked.Vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return opened{Error: reason(err)}
		}
		known = append(known, verifier)
	}
	found, err := note.Open([]byte(asked.Note), note.VerifierList(known...))
	if err != nil {
		return opened{Error: reason(err)}
	}
	return opened{Text: found.Text, Verified: names(found.Sigs), Unverified: names(found.UnverifiedSigs)}
}

func names(signatures []note.Signature) []string {
	found := []string{}
	for _, each := range signatures {
		found = append(found, each.Name)
	}
	return found
}

func sign(asked signing) string {
	var signers []note.Signer
	for _, key := range asked.PrivateKeys {
		signer, err := note.NewSigner(key)
		must(err)
		signers = append(signers, signer)
	}
	signed, err := note.Sign(&note.Note{Text: asked.Text}, signers...)
	must(err)
	return string(signed)
}

// makeTrees grows a log and gives the root, and every proof, of each size on the way.
func makeTrees(entries [][]byte, reply *answer) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for number, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(number), entry, reader)
		must(err)
		stored = append(stored, hashes...)
		size := int64(number) + 1
		root, err := tlog.TreeHash(size, reader)
		must(err)
		reply.Roots = append(reply.Roots, root)
		for index := int64(0); index < size; index++ {
			proof, err := tlog.ProveRecord(size, index, reader)
			must(err)
			leaf := tlog.RecordHash(entries[index])
			reply.Inclusions = append(reply.Inclusions, inclusion{leaf, index, size, root, proof})
		}
		for old := int64(1); old <= size; old++ {
			proof, err := tlog.ProveTree(size, old, reader)
			must(err)
			reply.Consistents = append(reply.Consistents, consistency{old, size, reply.Roots[old-1], root, proof})
		}
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
