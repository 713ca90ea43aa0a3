#!/bin/sh
# Does what the official image's entrypoint does with an empty data folder: makes the database and the user that
# MYSQL_* name, runs the .sql files of docker-entrypoint-initdb.d in that database, and listens only after that.
set -eu

data=/var/lib/mysql
small='--skip-log-bin --innodb-buffer-pool-size=16M --innodb-log-file-size=4M'
server="setpriv --reuid=mysql --regid=mysql --clear-groups mariadbd --no-defaults --datadir=$data $small"

chown mysql:mysql "$data"
if [ ! -d "$data/mysql" ]; then
    # Read so, it takes a line for a statement unless that ends further down.
    {
        printf '%s\n' 'CREATE DATABASE mysql;' 'USE mysql;' 'SET @auth_root_socket=NULL;'
        cat /usr/share/mysql/mysql_system_tables.sql /usr/share/mysql/mysql_system_tables_data.sql
        printf '%s\n' 'FLUSH PRIVILEGES;' \
            "ALTER USER root@localhost IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';" \
            "CREATE DATABASE $MYSQL_DATABASE;" \
            "CREATE USER $MYSQL_USER@'%' IDENTIFIED BY '$MYSQL_PASSWORD';" \
            "GRANT ALL ON $MYSQL_DATABASE.* TO $MYSQL_USER@'%';" \
            "USE $MYSQL_DATABASE;"
        cat /docker-entrypoint-initdb.d/*.sql
    } | $server --bootstrap
fi
exec $server --socket=/var/run/mysqld/mysqld.sock
