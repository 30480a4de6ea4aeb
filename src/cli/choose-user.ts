/** Whose data a command is about: the user that was named, or the only one there is. */
import { problem } from "../problem.js";
import type { Store, User } from "../store/store.js";

export async function chooseUser(store: Store, name: string | undefined): Promise<User> {
  const users = await store.users();
  if (name !== undefined) return findUser(users, name);
  const [user, ...others] = users;
  if (user === undefined) {
    throw problem("failed", "There is no user in the store yet.", { hint: "selfsensored users add NAME" });
  }
  if (others.length > 0) {
    throw problem("usage", "There are several users: say whose data with --user NAME.", {
      hint: "selfsensored users list",
    });
  }
  return user;
}

/** A user by name; exits 1 where there is none. */
export function findUser(users: readonly User[], name: string): User {
  const user = users.find((one) => one.name === name);
  if (user === undefined) {
    throw problem("not_found", "There is no user of this name.", { hint: "selfsensored users list" });
  }
  return user;
}
