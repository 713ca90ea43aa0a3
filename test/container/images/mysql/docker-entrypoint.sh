#!/bin/sh
# Does what the official image's entrypoint does with an empty data folder: makes the database and the user that
# MYSQL_* name, runs the .sql files of docker-entrypoint-initdb.d in that database, and listens only after that.
set -eu

data=/var/lib/mysql
run_as() {
    setpriv --reuid=mysql --regid=mysql --clear-groups "$@"
}
small='--skip-log-bin --innodb-buffer-pool-size=16M --innodb-log-file-size=4M'

chown mysql:mysql "$data"
if [ ! -d "$data/mysql" ]; then
    {
        echo 'CREATE DATABASE mysql; USE mysql; SET @auth_root_socket=NULL;'
        cat /usr/share/mysql/mysql_system_tables.sql /usr/share/mysql/mysql_system_tables_data.sql
        echo 'FLUSH PRIVILEGES;'
        echo "ALTER USER root@localhost IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
        echo "CREATE DATABASE $MYSQL_DATABASE;"
        echo "CREATE USER $MYSQL_USER@'%' IDENTIFIED BY '$MYSQL_PASSWORD';"
        echo "GRANT ALL ON $MYSQL_DATABASE.* TO $MYSQL_USER@'%';"
        echo "USE $MYSQL_DATABASE;"
        cat /docker-entrypoint-initdb.d/*.sql
    } | run_as mariadbd --no-defaults --datadir="$data" $small --bootstrap
fi
exec setpriv --reuid=mysql --regid=mysql --clear-groups \
    mariadbd --no-defaults --datadir="$data" $small --socket=/var/run/mysqld/mysqld.sock
