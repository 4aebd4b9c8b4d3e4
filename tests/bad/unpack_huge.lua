-- stderr: too many results to unpack
print(table.unpack({}, 1, 1e9))
