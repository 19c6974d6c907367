// SPDX-License-Identifier: GPL-2.0-only
/*
 * limbo.c - pages that somebody still holds when their cell is gone
 *
 * get_user_pages() keeps pages across munmap(): a device may still write into
 * them. They stay here, in nobody's memory, until the last user lets go.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "internal.h"

#define RETRY	HZ

static DEFINE_MUTEX(limbo_lock);
static LIST_HEAD(limbo);
static unsigned long limbo_pages;

static void limbo_retry(struct work_struct *work);
static DECLARE_DELAYED_WORK(limbo_work, limbo_retry);

/* What a cell wrote must not reach the host's users. */
static void page_release(struct page *page)
{
	if (!want_init_on_free())
		clear_highpage(page);
	adjust_managed_page_count(page, 1);
	__free_page(page);
}

static bool page_is_free(struct page *page)
{
	return page_ref_count(page) == 1;
}

static void limbo_retry(struct work_struct *work)
{
	struct page *page, *next;
	unsigned long left;

	mutex_lock(&limbo_lock);
	list_for_each_entry_safe(page, next, &limbo, lru) {
		if (!page_is_free(page))
			continue;
		list_del(&page->lru);
		limbo_pages--;
		page_release(page);
		cond_resched();
	}
	left = limbo_pages;
	if (left)
		schedule_delayed_work(&limbo_work, RETRY);
	mutex_unlock(&limbo_lock);
	if (!left)
		module_put(THIS_MODULE);
}

/**
 * comb_page_free() - give a page of a cell back to the host, cleared
 * @page: not mapped any more; the caller's reference is taken over
 *
 * A page that still has users waits for them.
 */
void comb_page_free(struct page *page)
{
	if (page_is_free(page)) {
		page_release(page);
		return;
	}
	mutex_lock(&limbo_lock);
	list_add_tail(&page->lru, &limbo);
	if (!limbo_pages++) {
		/* Given back by limbo_retry() with the last page. */
		__module_get(THIS_MODULE);
		schedule_delayed_work(&limbo_work, RETRY);
	}
	mutex_unlock(&limbo_lock);
}

u64 comb_limbo_bytes(void)
{
	return (u64)READ_ONCE(limbo_pages) << PAGE_SHIFT;
}

void comb_limbo_exit(void)
{
	/* Empty by now, but the work may not have returned yet. */
	cancel_delayed_work_sync(&limbo_work);
}
