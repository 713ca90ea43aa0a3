// Where Debian has nginx, and a user's PATH there often has no such folder: whoever imports this finds it all the same.
process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
