-- What web1 reads. MySQL's and MariaDB's images run it once, in a new database, from /docker-entrypoint-initdb.d.
CREATE TABLE IF NOT EXISTS messages (
  id INT PRIMARY KEY,
  text VARCHAR(200) NOT NULL
);

INSERT IGNORE INTO messages (id, text) VALUES
  (1, 'Hello from MySQL.'),
  (2, 'This row was read by web1.'),
  (3, 'The same row is there for every instance.');
