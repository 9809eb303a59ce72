"""`{{ ... }}`: Kestra's Pebble as a closed interpreter of JSON values and date-times. Knows no flow, task or database.

The values behind kv(), secret() and read() come in through `Lookups`, given by who renders.
"""
