/**
 * Paging: one list of a store as an answer, filtered where the store cannot filter, or row by row.
 */
import type { Page, PageRequest, User } from "../store/store.js";
import { openCursor, sealCursor } from "./cursor.js";

/** What a query gets: whose data, and its parameters as `readParameters` gave them. */
export interface QueryRequest<P> {
  user: User;
  params: P;
}

export interface ListAnswer<T> {
  data: T[];
  next_cursor: string | null;
}

type FetchPage<T> = (page: PageRequest) => Promise<Page<T>>;

/**
 * One page of a list. `keep` leaves rows out that the store cannot tell apart: it then reads on until the page is full,
 * never asking for more than still fits, because a cursor of the store stands at the end of what it gave.
 */
export async function answerList<T, A>(
  list: { name: string; request: QueryRequest<{ limit: number; cursor?: string | undefined }> },
  fetch: FetchPage<T>,
  describe: (row: T) => A,
  keep?: (row: T) => boolean | Promise<boolean>,
): Promise<ListAnswer<A>> {
  const { user, params } = list.request;
  const place = [user.id, list.name];
  const data: A[] = [];
  let cursor = openCursor<string>(place, params.cursor);
  for (;;) {
    const page = await fetch({ limit: params.limit - data.length, cursor });
    for (const row of page.rows) if (keep === undefined || (await keep(row))) data.push(describe(row));
    if (page.nextCursor === null) return { data, next_cursor: null };
    cursor = page.nextCursor;
    if (data.length === params.limit || keep === undefined) {
      return { data, next_cursor: sealCursor(place, cursor) };
    }
  }
}

const rowsPerPage = 2000;

/** Every page of a list, so that memory does not grow with the list. */
export async function* readPages<T>(fetch: FetchPage<T>, limit: number = rowsPerPage): AsyncGenerator<T[]> {
  let cursor: string | undefined;
  do {
    const page: Page<T> = await fetch({ limit, cursor });
    yield page.rows;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** Every row of a list. */
export async function* readAll<T>(fetch: FetchPage<T>): AsyncGenerator<T> {
  for await (const rows of readPages(fetch)) yield* rows;
}

/**
 * Rows of pages, one by one, that can be looked at before they are taken. Only a new page is waited for: a promise for
 * every row would cost more than reading it.
 */
export class RowReader<T> {
  /** The next row; undefined at the end, and, until `load`, at the end of a page. */
  head: T | undefined;
  readonly #pages: AsyncIterator<readonly T[]>;
  #page: readonly T[] = [];
  #at = 0;

  constructor(pages: AsyncIterator<readonly T[]>) {
    this.#pages = pages;
  }

  drop(): void {
    this.head = this.#page[++this.#at];
  }

  /** Sees to it that `head` is only undefined where there are no more rows. */
  async load(): Promise<T | undefined> {
    while (this.head === undefined) {
      const next = await this.#pages.next();
      if (next.done) return undefined;
      this.#page = next.value;
      this.#at = 0;
      this.head = this.#page[0];
    }
    return this.head;
  }
}
