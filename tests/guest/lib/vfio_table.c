// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The table of GGTT entries as a mapping: written to without a trap, in force from the next flush on; and by a user who pulls it about,
 * writes to it while it is read, gives it to the GPU as memory, and keeps it when he has closed everything else.
 *
 * What is looked at is what a guest and an operator see: entries by the trapped way, and how many pages are pinned. With the
 * mapping turned off, there is nothing to test here. The threads of the race share the mapping and a flag, no lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/guest/lib/vfio.h"

#define PAGES (MEMORY_BYTES / PAGE)
#define ENTRIES_PER_PAGE (PAGE / 4)
#define WRITERS 3
#define RACE_SYNCS 300

/* In the middle of a table page, so that its neighbours in there are the vGPU's, too. */
static uint64_t first_entry(const struct session *s)
{
	return s->base / PAGE;
}

static volatile uint32_t *map_table(const struct session *s)
{
	return mmap(NULL, GGTT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, s->device,
		    (off_t)(s->offset[VFIO_PCI_BAR0_REGION_INDEX] + GGTT));
}

static uint32_t pte(unsigned int page)
{
	return (uint32_t)(MEMORY_IOVA + page * PAGE) | 1;
}

static uint32_t read_entry(const struct session *s, uint64_t index)
{
	uint32_t value = 0xdead;

	if (pread(s->device, &value, 4, (off_t)(s->offset[VFIO_PCI_BAR0_REGION_INDEX] + GGTT + index * 4)) != 4)
		return 0xdead;
	return value;
}

static uint64_t pinned(const struct session *s)
{
	return session_attribute(s, "stats", "pinned_pages");
}

/* What every test begins and ends with. */
struct bench {
	volatile uint32_t *table;
	uint32_t *memory;
};

static int begin(struct session *s, struct bench *b)
{
	b->table = map_table(s);
	b->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->table == MAP_FAILED || b->memory == MAP_FAILED || session_map(s, b->memory, MEMORY_IOVA, MEMORY_BYTES))
		return session_fail(s, "memory: %s", strerror(errno));
	if (!session_flush(s) || pinned(s))
		return session_fail(s, "%llu pages are pinned before it begins", (unsigned long long)pinned(s));
	return 0;
}

static int end(struct session *s, struct bench *b, int ret)
{
	for (unsigned int i = 0; i < PAGES; i++)
		b->table[first_entry(s) + i] = 0;
	if (!ret && (!session_flush(s) || pinned(s)))
		ret = session_fail(s, "%llu pages stay pinned", (unsigned long long)pinned(s));
	if (session_unmap(s, MEMORY_IOVA, MEMORY_BYTES) && !ret)
		ret = session_fail(s, "unmap: %s", strerror(errno));
	munmap((void *)b->table, GGTT_BYTES);
	munmap(b->memory, MEMORY_BYTES);
	return ret;
}

/** table_test_map() - both ways lead to the same table, all of it */
int table_test_map(struct session *s)
{
	const uint64_t bar0 = s->offset[VFIO_PCI_BAR0_REGION_INDEX];
	const uint64_t at[] = { 0, first_entry(s), GGTT_BYTES / 4 - 1 };
	volatile uint32_t *table;
	int ret = 0;

	if (!s->mapped)
		return 0;
	table = map_table(s);
	if (table == MAP_FAILED)
		return session_fail(s, "mmap: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]) && !ret; i++) {
		const uint32_t value = 0x5eed0000 + (uint32_t)i * 16; /* not valid */

		table[at[i]] = value;
		if (read_entry(s, at[i]) != value)
			ret = session_fail(s, "entry %#llx written, %#x read", (unsigned long long)at[i], read_entry(s, at[i]));
		else if (pwrite(s->device, &(uint32_t) { 0 }, 4, (off_t)(bar0 + GGTT + at[i] * 4)) != 4 || table[at[i]])
			ret = session_fail(s, "entry %#llx cleared by a trap, %#x in the mapping", (unsigned long long)at[i],
					   table[at[i]]);
	}
	munmap((void *)table, GGTT_BYTES);
	return ret;
}

/* Entries @first to PAGES are written, the rest cleared: so many pages must be pinned after a flush, and none more before it. */
static int write_and_flush(struct session *s, volatile uint32_t *entries, unsigned int first, const char *how)
{
	const uint64_t before = pinned(s);

	for (unsigned int i = 0; i < PAGES; i++)
		entries[i] = i < first ? 0 : pte(i);
	if (pinned(s) != before)
		return session_fail(s, "%s: %llu pages are pinned without a flush", how, (unsigned long long)pinned(s));
	if (!session_flush(s) || pinned(s) != PAGES - first)
		return session_fail(s, "%s: %llu pages are pinned, want %llu", how, (unsigned long long)pinned(s),
				    (unsigned long long)(PAGES - first));
	return 0;
}

/** table_test_write() - what is written is in force after a flush, again and again, and the GPU reaches what it names */
int table_test_write(struct session *s)
{
	struct bench b;
	volatile uint32_t *entries, *aperture;
	int ret;

	if (!s->mapped)
		return 0;
	ret = begin(s, &b);
	if (ret)
		return ret;
	entries = b.table + first_entry(s);
	for (unsigned int i = 0; i < 4 && !ret; i++)
		ret = write_and_flush(s, entries, i, "again");
	aperture = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, s->device,
			(off_t)(s->offset[VFIO_PCI_BAR2_REGION_INDEX] + s->base));
	if (!ret && aperture == MAP_FAILED)
		ret = session_fail(s, "aperture: %s", strerror(errno));
	for (unsigned int i = 3; i < PAGES && !ret; i++) {
		aperture[i * PAGE / 4] = 0x600d0000 + i;
		__sync_synchronize();
		if (b.memory[i * PAGE / 4] != 0x600d0000 + i)
			ret = session_fail(s, "page %u: %#x in memory", i, b.memory[i * PAGE / 4]);
	}
	munmap((void *)aperture, MEMORY_BYTES);
	return end(s, &b, ret);
}

static int in_child(struct session *s, volatile uint32_t *entries)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return session_fail(s, "fork: %s", strerror(errno));
	if (!pid) {
		for (unsigned int i = 0; i < PAGES; i++)
			entries[i] = pte(i);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return session_fail(s, "the child ended with %#x", status);
	if (!session_flush(s) || pinned(s) != PAGES)
		return session_fail(s, "written by a child: %llu pages are pinned", (unsigned long long)pinned(s));
	return 0;
}

/* A hole in the table's mapping, before and behind the entries' page; and what is left of it, elsewhere. */
static int pull_about(struct session *s, volatile uint32_t **table)
{
	const uint64_t page = first_entry(s) / ENTRIES_PER_PAGE;
	char *at = (char *)*table + page * PAGE;
	void *moved;

	if (munmap(at + PAGE, PAGE) || (page && munmap(at - PAGE, PAGE)))
		return session_fail(s, "a hole: %s", strerror(errno));
	if (mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED)
		return session_fail(s, "the mapping has grown");
	moved = mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (moved == MAP_FAILED)
		return session_fail(s, "moved: %s", strerror(errno));
	*table = moved;
	return 0;
}

/** table_test_change() - writes are seen whatever was done to the mapping before */
int table_test_change(struct session *s)
{
	static const struct {
		const char *name;
		int advice;
	} advice[] = {
		{ "MADV_DONTNEED", MADV_DONTNEED }, { "MADV_PAGEOUT", MADV_PAGEOUT }, { "MADV_WILLNEED", MADV_WILLNEED },
		{ "MADV_REMOVE", MADV_REMOVE },	    { "MADV_COLLAPSE", 25 },	      { "MADV_POPULATE_WRITE", 23 },
	};
	volatile uint32_t *moved, *entries;
	struct bench b;
	char *page;
	int ret;

	if (!s->mapped)
		return 0;
	ret = begin(s, &b);
	if (ret)
		return ret;
	entries = b.table + first_entry(s);
	page = (char *)b.table + first_entry(s) / ENTRIES_PER_PAGE * PAGE;
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]) && !ret; i++) {
		ret = write_and_flush(s, entries, i % 3, "before advice");
		madvise((void *)b.table, GGTT_BYTES, advice[i].advice); /* may be refused; what counts is what comes then */
		ret = ret ?: write_and_flush(s, entries, 3, advice[i].name);
	}
	for (unsigned int i = 0; i < 3 && !ret; i++) {
		entries[PAGES] = 0; /* writable now */
		if (mprotect(page, PAGE, PROT_READ) || (i && !session_flush(s)) || mprotect(page, PAGE, PROT_READ | PROT_WRITE))
			ret = session_fail(s, "mprotect: %s", strerror(errno));
		ret = ret ?: write_and_flush(s, entries, i, "mprotect");
	}
	ret = ret ?: in_child(s, entries);
	moved = b.table;
	ret = ret ?: pull_about(s, &moved);
	if (!ret) {
		ret = write_and_flush(s, moved + first_entry(s) % ENTRIES_PER_PAGE, 5, "moved");
		munmap((void *)moved, PAGE);
	}
	munmap((void *)b.table, GGTT_BYTES);
	b.table = map_table(s);
	return end(s, &b, ret);
}

struct race {
	volatile uint32_t *entries;
	atomic_bool over;
};

/* Now and then in other pages of the table, too, of which the mapping comes and goes. */
static void *writer(void *arg)
{
	struct race *r = arg;

	for (unsigned int i = 0; !atomic_load(&r->over); i++) {
		r->entries[i % PAGES] = i % 3 ? pte(i % PAGES) : 0;
		if (!(i % 64))
			madvise((void *)((uintptr_t)r->entries & ~(PAGE - 1)), PAGE, MADV_DONTNEED);
	}
	return NULL;
}

/** table_test_race() - entries are written while they are synced; then what was written last is in force */
int table_test_race(struct session *s)
{
	pthread_t thread[WRITERS];
	struct race r = { NULL, false };
	unsigned int started = 0;
	struct bench b;
	int ret;

	if (!s->mapped)
		return 0;
	ret = begin(s, &b);
	if (ret)
		return ret;
	r.entries = b.table + first_entry(s);
	while (started < WRITERS && !pthread_create(&thread[started], NULL, writer, &r))
		started++;
	if (started < WRITERS)
		ret = session_fail(s, "%u threads", started);
	for (unsigned int i = 0; i < RACE_SYNCS && !ret; i++)
		if (!session_flush(s) || pinned(s) > PAGES)
			ret = session_fail(s, "sync %u: %llu pages are pinned", i, (unsigned long long)pinned(s));
	atomic_store(&r.over, true);
	while (started)
		pthread_join(thread[--started], NULL);
	ret = ret ?: write_and_flush(s, r.entries, 7, "after the race");
	return end(s, &b, ret);
}

/** table_test_itself() - entries that lead to the table itself, by its mapping: pinned or refused, nothing else goes wrong */
int table_test_itself(struct session *s)
{
	const uint64_t iova = MEMORY_IOVA + MEMORY_BYTES;
	volatile uint32_t *entries;
	struct bench b;
	int ret;

	if (!s->mapped)
		return 0;
	ret = begin(s, &b);
	if (ret)
		return ret;
	entries = b.table + first_entry(s);
	if (session_map(s, (char *)b.table + first_entry(s) / ENTRIES_PER_PAGE * PAGE, iova, PAGE))
		ret = session_fail(s, "map: %s", strerror(errno));
	for (unsigned int i = 0; i < 3 && !ret; i++) {
		entries[0] = (uint32_t)iova | 1;
		entries[1] = pte(1);
		if (!session_flush(s) || (pinned(s) != 1 && pinned(s) != 2))
			ret = session_fail(s, "%llu pages are pinned", (unsigned long long)pinned(s));
		entries[1] = 0;
		if (!ret && (!session_flush(s) || pinned(s) > 1))
			ret = session_fail(s, "cleared, but %llu pages are pinned", (unsigned long long)pinned(s));
	}
	if (!ret && (session_unmap(s, iova, PAGE) || pinned(s)))
		ret = session_fail(s, "%llu pages are pinned after unmap", (unsigned long long)pinned(s));
	ret = ret ?: write_and_flush(s, entries, 2, "after that");
	return end(s, &b, ret);
}

/** table_test_outlive() - the mapping keeps the vGPU open, for nobody else to get; then it is free again */
int table_test_outlive(struct session *s)
{
	struct session other = { .uuid = s->uuid, .container = -1, .group = -1, .device = -1 };
	volatile uint32_t *table, *entry;
	int ret = 0;

	if (!s->mapped)
		return 0;
	table = map_table(s);
	if (table == MAP_FAILED)
		return session_fail(s, "mmap: %s", strerror(errno));
	entry = table + first_entry(s);
	*entry = 0x5eed0000;
	session_close(s);

	if (*entry != 0x5eed0000 || (*entry = 0x5eed0010, *entry != 0x5eed0010))
		ret = session_fail(s, "closed, the table reads %#x", *entry);
	else if (session_open(&other) != -EBUSY)
		ret = session_fail(s, "it can be opened while it is mapped");
	session_close(&other);
	munmap((void *)table, GGTT_BYTES);
	if (session_open(s))
		return session_fail(s, "it cannot be opened again: %s", strerror(errno));
	if (!ret && read_entry(s, first_entry(s)))
		ret = session_fail(s, "the last user's entry is %#x", read_entry(s, first_entry(s)));
	return ret;
}
